"""Managed APIs: who they are, what they cost, how they fail, and the one door to them."""
