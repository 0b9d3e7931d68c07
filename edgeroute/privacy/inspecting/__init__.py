"""Every text of a request, and what the detector says of them together."""
