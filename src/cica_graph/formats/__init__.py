"""Formats of data: RDF, SPARQL results, tables, findings, media types."""
