"""Exports of the graph, in standard formats and for other tools."""
