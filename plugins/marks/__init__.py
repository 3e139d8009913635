"""Unsigned marks: what files say about their origin in plain metadata, and who finds it."""
