"""The pieces of the chat screen."""
