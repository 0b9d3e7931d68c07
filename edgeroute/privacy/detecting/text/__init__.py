"""A text as recognisers read it: decoded, normalised, with its surroundings."""
