"""Lists of instruments that customers watch."""
