"""The wire format of OpenAI chat completions, which most providers speak."""
