"""A project: its files, and the positions of statements in them."""
