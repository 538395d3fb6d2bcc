"""Cash, positions and the portfolio."""
