"""HTTP: connections, request fields, content negotiation, errors. Nothing here knows about the graph."""
