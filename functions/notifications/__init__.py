"""What customers are told outside of the API, and what they want to be told."""
