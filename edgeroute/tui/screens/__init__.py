"""The screens of the chat app."""
