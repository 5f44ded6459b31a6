"""HTTP in and out: the envelope, the strict JSON door, the guard around every request."""
