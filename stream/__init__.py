"""The market-data task: one feed, many readers of quotes."""
