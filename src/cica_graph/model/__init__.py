"""Plain values: terms, dates, results and errors. Nothing here reads or writes."""
