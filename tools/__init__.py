"""Generators of what is committed but not written by hand."""
