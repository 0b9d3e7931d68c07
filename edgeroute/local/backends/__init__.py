"""Where a local model runs: the worker, oMLX, or an endpoint."""
