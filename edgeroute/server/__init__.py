"""The localhost endpoint."""
