"""Hub: the shared package of every function and of the stream task."""
