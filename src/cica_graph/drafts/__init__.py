"""Drafts: Turtle for review from a page of text, with a list of what was not encoded."""
