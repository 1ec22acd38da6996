"""The graph on the network: SPARQL, and what watches over it.

:func:`cica_graph.serve.server.serve` starts it. A request comes in by ``connection``, passes ``front``, finds its route in
``app``; ``sparql`` reads it with ``protocol``, takes the answer from ``kept`` or has it made by ``lanes``, and that is
``answer`` in a ``worker``, a process of its own.
"""
