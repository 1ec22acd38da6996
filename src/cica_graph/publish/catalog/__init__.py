"""Descriptions of what is published, and configuration for those who host it."""
