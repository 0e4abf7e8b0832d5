"""The first notebook: practice, and where a fellow starts from."""
