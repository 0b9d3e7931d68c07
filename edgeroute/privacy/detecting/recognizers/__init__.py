"""One module for each kind of personal data that needs no model."""
