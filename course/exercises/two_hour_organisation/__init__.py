"""The two-hour organisation: one psychology, three positions."""
