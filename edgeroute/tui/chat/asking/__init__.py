"""Sending a message: its draft and check, its route and files, its turn."""
