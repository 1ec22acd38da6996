"""What the command line prints: findings and tables, each in several forms. Pure functions from values to text."""
