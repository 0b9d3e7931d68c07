"""What can be done with answers: rate, copy, read their receipts and pictures."""
