"""The graph on the network: SPARQL, and what watches over it.

:func:`cica_graph.serve.server.supervisor.serve` starts it. A request comes in by ``connection``, passes ``front``
and finds its route in ``app``; ``given`` and ``told`` read what it carries. ``sparql`` reads it with ``protocol``,
takes the answer from ``kept`` or has it made by ``lanes``; then it is made by ``answer`` in a ``worker``, which is a
process of its own. ``reconcile`` and ``reconcile_draft`` answer themselves, from what
``cica_graph.reconcile`` keeps in memory.
"""
