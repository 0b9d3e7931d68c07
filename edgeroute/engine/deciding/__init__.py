"""From a request to a decision: whose conversation, what it holds, where it may go."""
