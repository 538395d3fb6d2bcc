"""The stream task, as a function asks it."""
