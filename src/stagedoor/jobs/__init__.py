"""Work that must be done although nobody waits for it, or the process that began it is gone."""
