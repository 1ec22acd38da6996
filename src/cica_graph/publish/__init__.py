"""Publication of a graph: exports, catalog, charts and site."""
