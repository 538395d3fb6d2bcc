"""Lists of instruments that customers watch, and share."""
