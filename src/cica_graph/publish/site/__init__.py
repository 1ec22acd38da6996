"""The graph as a site of static pages: one for each thing, readable without JavaScript, and the same bytes each time.

``cells`` is what stands in a table, ``view`` the graph as pages look at it, ``things`` a page for each thing,
``fronts`` the pages that lead to them, ``render`` the templates.
"""
