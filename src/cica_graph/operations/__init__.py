"""The questions that people ask, each declared once."""
