"""The rubber band: how much goodwill can be asked for, and of whom."""
