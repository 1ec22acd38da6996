"""Processes of the server: supervisor, fork server, web processes."""
