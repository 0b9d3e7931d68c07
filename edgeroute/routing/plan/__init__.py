"""From rules and signals to candidates, each with its reason."""
