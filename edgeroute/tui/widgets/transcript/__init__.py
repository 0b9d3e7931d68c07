"""The transcript: one live answer, light finished ones, and a window over long chats."""
