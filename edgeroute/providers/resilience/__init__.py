"""What happens when a provider fails: causes, breakers, limits, who is next."""
