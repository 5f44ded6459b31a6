"""Bulk imports: many uploads handed over at once, made one by one within the limits of ⑥."""
