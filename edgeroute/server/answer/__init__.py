"""One request and its answer on a caller's wire."""
