"""What a file is, and which of the rules for assets it breaks: found out before a call is spent."""
