"""What customers are told outside of the API: of what, where, when, and in which words."""
