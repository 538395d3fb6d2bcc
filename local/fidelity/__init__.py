"""Runs case files of order behaviour, and says where we differ from what they expect."""
