"""Alpaca: a broker whose trading API is a venue of ours."""
