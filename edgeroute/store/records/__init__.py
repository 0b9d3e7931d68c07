"""Receipts, spending, alerts, outcomes and small states."""
