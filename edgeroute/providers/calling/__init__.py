"""One request to one provider: its bytes, its response, its time limits."""
