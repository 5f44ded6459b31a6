"""The upstream accounts' limits, kept here so that calls wait instead of being refused over there."""
