"""Pointing other programs at the endpoint."""
