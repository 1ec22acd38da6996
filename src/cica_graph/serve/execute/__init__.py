"""What runs in a query worker."""
