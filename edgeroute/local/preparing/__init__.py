"""What this machine needs to answer by itself: compiled and fetched behind the front doors."""
