"""A project: its files, and where in them each statement stands."""
