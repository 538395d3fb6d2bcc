"""What customers have: cash, positions, portfolio."""
