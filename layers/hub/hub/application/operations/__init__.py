"""Keeping the platform going."""
