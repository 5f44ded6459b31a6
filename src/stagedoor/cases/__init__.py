"""Sessions whose group cannot be told without guessing: an operator decides."""
