"""What can be done with answers: copy, rate, ask anew, read their receipts."""
