"""Pure rules and values: no clock, randomness, environment or I/O."""
