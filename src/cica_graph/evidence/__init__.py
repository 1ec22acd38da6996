"""Evidence: what each source reports, what it covers, and the answer that follows for a day.

The definition is in ``rules``; ``docs/time.md`` has the truth table. ``timeline`` gives the answers of one member and
organization for all days at once, and ``settle`` those of a whole graph.
"""
