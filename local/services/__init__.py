"""The real servers that the platform stands on, embedded: PostgreSQL and Valkey."""
