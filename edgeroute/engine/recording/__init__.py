"""Receipt, ledger, turn; after the answer feedback, alerts, telemetry."""
