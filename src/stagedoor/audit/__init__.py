"""Who did what to which face: written with the change itself, sealed into a chain that shows every edit."""
