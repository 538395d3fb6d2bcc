"""What can be traded, and at what price."""
