"""Files that callers hand over, on their way to the asset library."""
