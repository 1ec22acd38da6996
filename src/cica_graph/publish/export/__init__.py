"""The graph as files in the formats of other tools."""
