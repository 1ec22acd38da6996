"""HTTP: connections, requests, errors and content negotiation. Nothing here knows a graph."""
