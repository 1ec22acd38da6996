"""Evidence: the reports and coverages of sources, the lives of actors, and the answer that follows for a day.

The definition is in ``rules``; ``docs/time.md`` has the truth table. ``timeline`` gives the answers about one member
and organization for all days, and ``settle`` gives those of a whole graph.
"""
