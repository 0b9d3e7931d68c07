"""Small language models that read a text on this machine."""
