"""Telling what happens in an account."""
