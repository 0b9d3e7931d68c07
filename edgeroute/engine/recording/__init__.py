"""After the answer: receipt, ledger, turn, feedback, alerts, telemetry."""
