"""Instruments, quotes, the market clock and the exchange calendar."""
