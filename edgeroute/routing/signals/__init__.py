"""What can be told of a prompt without asking a model."""
