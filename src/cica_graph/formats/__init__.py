"""Formats of data: RDF, SPARQL results, tables, findings, and their media types."""
