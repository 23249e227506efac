"""Columns of X as whitened coordinates, and back."""
