"""Registering, logging in, and who is asking."""
