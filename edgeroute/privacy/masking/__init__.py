"""Placeholders in place of personal data, and the way back."""
