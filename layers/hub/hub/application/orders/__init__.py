"""Taking, processing and showing orders."""
