"""Steps from files to an audited graph. No step imports another; ``build`` sets their order."""
