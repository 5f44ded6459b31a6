"""What happened, written in the transaction in which it happened; webhooks and streams read it from there."""
