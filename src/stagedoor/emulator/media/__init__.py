"""What the emulator finds out about an uploaded file, by really opening it."""

from stagedoor.emulator.media.facts import Facts, Problem
from stagedoor.emulator.media.inspection import inspect
from stagedoor.emulator.media.limits import NEWEST, OLDER, Bound, Limits

__all__ = ["NEWEST", "OLDER", "Bound", "Facts", "Limits", "Problem", "inspect"]
