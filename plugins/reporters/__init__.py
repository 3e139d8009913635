"""Reporters: how reports are written out."""
