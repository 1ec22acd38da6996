"""The graph, and SPARQL over it: in memory, in a folder or in a store across the network."""
