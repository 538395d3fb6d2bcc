"""A cache in front of what is slower."""
