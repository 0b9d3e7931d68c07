"""Below the egress door: sockets, a response while it comes in, and what a broken one says."""
