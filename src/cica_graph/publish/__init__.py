"""The graph as others read it: files in the formats of their tools."""
