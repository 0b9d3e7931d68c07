"""Models on this machine: the llama.cpp worker, loopback servers, model files, hardware advice."""
