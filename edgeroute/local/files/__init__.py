"""The model files of this machine: which there are, which fits, how they get here."""
