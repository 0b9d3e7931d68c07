"""Wire formats, both ways: our nouns to a provider's JSON and back. Pure: no clock, no network."""
