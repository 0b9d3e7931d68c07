"""Stage two: what was suspected, weighed into one number."""
