"""Every statement, built in SQLAlchemy Core from the tables.

`tools/compile_sql.py` compiles them once to `compiled.py`, which is what runs: a function that
starts cold never pays for SQLAlchemy.
"""
