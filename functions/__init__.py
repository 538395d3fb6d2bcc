"""Entry points: a folder is a context, a file is a function."""
