"""Use cases of notifications: what is told of what happened, and how it leaves."""
