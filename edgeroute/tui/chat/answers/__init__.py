"""What can be done with answers: copy, rate, read their receipts."""
