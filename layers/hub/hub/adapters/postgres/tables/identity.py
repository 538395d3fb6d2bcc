"""The tables of identity."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata

users = Table(
    "users",
    metadata,
    Column("user_id", ID, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
)

login_sessions = Table(
    "login_sessions",
    metadata,
    Column("session_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("refresh_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("revoked_at", MOMENT),
)
