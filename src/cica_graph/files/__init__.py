"""Files and folders: written whole, read in pieces, sorted on disk."""
