"""`Idempotency-Key`: the same request twice makes one thing and gives one answer."""
