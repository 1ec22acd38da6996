"""Wikidata's data model: dumps, statements, and RDF."""
