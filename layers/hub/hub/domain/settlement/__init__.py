"""When the proceeds of trades are the customer's without reserve."""
