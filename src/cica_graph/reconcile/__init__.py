"""Reconciliation: the state or organization that a name in a table means.

``catalog`` reads the states and organizations of a graph, ``search`` finds candidates for a
:class:`~cica_graph.reconcile.query.ReconcileQuery`, ``properties`` gives their properties, ``suggest`` completes a
prefix, and ``table`` matches a whole table. ``linking.matcher`` compares the names. The HTTP service in
``serve.endpoints`` and the command ``cica-graph match`` both use this package.
"""
