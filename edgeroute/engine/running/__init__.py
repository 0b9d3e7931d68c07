"""From a decision to an answer: attempts, fallbacks, strategies."""
