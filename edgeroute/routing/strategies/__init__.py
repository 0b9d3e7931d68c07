"""Cascades and ensembles: who is asked next, and which answer stands."""
