"""What is set up from the chat: settings, rules, connected programs."""
