"""What happens in an account, told as it happens."""
