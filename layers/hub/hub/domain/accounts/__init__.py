"""Cash, positions and the double-entry books."""
