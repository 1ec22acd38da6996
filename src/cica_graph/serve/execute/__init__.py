"""Code that runs in a query worker."""
