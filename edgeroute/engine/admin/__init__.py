"""What front doors show and change: providers, policies, vectors."""
