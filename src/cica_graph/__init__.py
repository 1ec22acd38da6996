"""cica-graph."""
