"""Drafts: Turtle for review from a page of text, with a list of the sentences that are not encoded."""
