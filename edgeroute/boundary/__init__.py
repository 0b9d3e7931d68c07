"""What may leave: the clearance for exact bytes, and the process that is closed to the network."""
