"""Who a customer is, and the rules of credentials."""
