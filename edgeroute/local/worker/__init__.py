"""The process that hosts llama.cpp: one for the user, shared by every front door.

A model file is treated as code: it is read only here, in a process without keys, without a way to
the network, and only after its hash was found right. Front doors talk to it in the OpenAI wire
format over a Unix socket that only its user can open.
"""
