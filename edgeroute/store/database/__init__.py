"""The encrypted file and everything that keeps it whole."""
