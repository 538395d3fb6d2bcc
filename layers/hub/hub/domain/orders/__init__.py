"""The order, its states, and what the market does to it."""
