"""Names of people, and what stands around them."""
