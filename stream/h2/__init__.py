"""gRPC on frames of HTTP/2 that are read and written here: what is told costs one send for each
connection, however many streams it carries."""
