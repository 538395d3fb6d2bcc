"""Orders, from the first request to the last fill."""
