"""Worker processes: who runs, who waits, and how they are told to."""
