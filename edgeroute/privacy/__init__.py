"""Find personal data, decide what may leave, and clear exactly those bytes."""
