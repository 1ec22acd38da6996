"""Two sources of memberships, and where they differ."""
