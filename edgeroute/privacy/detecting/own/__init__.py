"""The user's own people, places and secrets: imported once, found in every form by keyed hashes."""
