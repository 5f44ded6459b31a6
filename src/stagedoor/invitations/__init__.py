"""Invitations: a long-lived link for one actor, on whose tap the short-lived face check begins."""
