"""The pipeline: steps from files to an audited graph, their order, and the cache."""
