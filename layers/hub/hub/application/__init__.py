"""Use cases: one file each, pure but for the ports they are given."""
