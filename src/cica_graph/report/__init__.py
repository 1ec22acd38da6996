"""What the command line prints: findings and tables, each in several forms."""
