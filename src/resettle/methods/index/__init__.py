"""Composite indices: weights, ways of combining, and how robust a rank is."""
