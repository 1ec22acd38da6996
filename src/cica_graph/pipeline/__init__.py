"""From files to an audited graph: the steps, their order, and the cache."""
