"""From what a request tells about itself to an ordered plan. Pure: no I/O."""
