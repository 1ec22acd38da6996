"""Which state or organization a cell of a table means, and what is known of it: the logic, without the network.

``catalog`` reads what a graph offers, ``search`` finds candidates for a :class:`~cica_graph.reconcile.query.Query`,
``properties`` gives what is known of them, ``suggest`` completes what is typed, ``table`` does a whole file. The names
themselves are compared by ``link.match``. ``serve`` puts this on the network, ``cica-graph match`` on the command line.
"""
