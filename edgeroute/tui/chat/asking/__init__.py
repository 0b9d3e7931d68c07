"""Sending a message: its route and files, its turn, asking it anew."""
