"""The way of one prompt, from a request to exactly one terminal event."""
