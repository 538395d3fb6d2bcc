"""`./dev audit`: what a reader of the project could misuse, and what others know of its parts."""
