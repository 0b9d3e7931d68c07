"""What is kept: conversations, receipts, ledger in SQLite; provider keys in the OS keyring."""
