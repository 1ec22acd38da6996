"""``python -m cica_graph``."""

from cica_graph.cli import main

main()
