"""Stores of the graph, with SPARQL: in memory, in a directory or across the network."""
