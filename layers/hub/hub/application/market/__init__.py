"""Instruments and their prices."""
