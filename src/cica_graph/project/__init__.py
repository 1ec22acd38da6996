"""Files of a project, and the positions of statements in them."""
