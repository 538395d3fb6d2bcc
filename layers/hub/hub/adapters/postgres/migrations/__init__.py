"""The schema's history, and bringing a database up to date with it.

Nothing else imports Alembic. Runs over a direct connection as the owner of the schema.
"""
