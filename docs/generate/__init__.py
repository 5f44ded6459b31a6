"""Writes those pages of the reference that say what the code says. ``make docs`` runs it; tests/test_docs.py holds it."""
