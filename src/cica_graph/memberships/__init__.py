"""Memberships as arrays, and tables made from them."""
