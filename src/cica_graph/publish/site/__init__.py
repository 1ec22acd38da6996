"""Static site of a graph: a page for each subject, complete without JavaScript, with reproducible bytes.

``build`` writes the site. ``view`` prepares the graph for pages, ``pages`` makes pages from it, ``page_table`` holds
their tables, and ``render`` fills the templates. ``day_pages`` serves a page for another day.
"""
