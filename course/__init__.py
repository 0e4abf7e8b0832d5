"""Ward to Board."""
