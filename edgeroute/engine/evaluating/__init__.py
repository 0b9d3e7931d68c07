"""Policies compared on a user's own prompts."""
