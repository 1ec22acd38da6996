"""Sources of memberships, one file a source: rows become spells in the project's vocabulary."""
