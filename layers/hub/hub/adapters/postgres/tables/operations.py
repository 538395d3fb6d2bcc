"""The tables of those who run the platform."""

from sqlalchemy import Column, ForeignKey, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata

# What administrators did, recorded before it is done and never changed.
admin_actions = Table(
    "admin_actions",
    metadata,
    Column("action_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
)
