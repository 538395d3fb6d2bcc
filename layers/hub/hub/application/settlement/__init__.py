"""Settlement: proceeds become the customer's without reserve on their date."""
