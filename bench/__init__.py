"""The performance harness: the gateway beside nginx and a bare handler, on one machine, in one run."""
