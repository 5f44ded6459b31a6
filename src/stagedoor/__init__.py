"""stagedoor: where the actors come in."""

__version__ = "0.1.0"
