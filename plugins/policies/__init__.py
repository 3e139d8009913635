"""Policies: what has to hold for a file to pass."""
