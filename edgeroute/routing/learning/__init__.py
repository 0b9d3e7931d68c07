"""What earlier answers say about the next one."""
