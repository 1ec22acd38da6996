"""The steps from files to an audited graph. None imports another; ``build`` puts them in order."""
