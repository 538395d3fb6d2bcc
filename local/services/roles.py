"""The database, its application role and that role's limits: there after every start."""

import psycopg
from psycopg import sql

OWNER, APPLICATION, DATABASE = "hub", "hub_app", "hub"
_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "5s",
}


def prepare(owner_url: str, password: str) -> None:
    """`owner_url` leads to a database that exists; `password` becomes that of the application."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        with connection.transaction():
            _role(connection, password)
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            database = sql.Identifier(DATABASE)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    database, sql.Identifier(APPLICATION)
                )
            )


def _role(connection: psycopg.Connection, password: str) -> None:
    # What the server logs of a failed statement must not be the password.
    encrypted = connection.pgconn.encrypt_password(
        password.encode(), APPLICATION.encode(), b"scram-sha-256"
    ).decode()
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION])
    act = sql.SQL("CREATE" if known.fetchone() is None else "ALTER")
    role = sql.Identifier(APPLICATION)
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(
            act, role, sql.Literal(encrypted)
        )
    )
    for name, value in _LIMITS.items():
        setting = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(setting.format(role, sql.Identifier(name), sql.Literal(value)))
