"""Files: atomic writing, tables, streams, sorting on disk, the cache."""
