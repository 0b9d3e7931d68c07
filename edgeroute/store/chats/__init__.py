"""Conversations, their turns, and finding them again."""
