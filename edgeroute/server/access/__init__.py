"""Who may connect and ask."""
