"""The tables of the account stream."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata

# A credential's session or key is looked up when it is needed, so it is no reference here.
stream_connections = Table(
    "stream_connections",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("session_id", ID, nullable=False),
    Column("account_id", ID, ForeignKey("accounts.account_id")),
    Column("opened_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False, index=True),
)

stream_subscriptions = Table(
    "stream_subscriptions",
    metadata,
    Column(
        "connection_id",
        Text,
        ForeignKey("stream_connections.connection_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("told", BigInteger, nullable=False),
    PrimaryKeyConstraint("connection_id", "account_id"),
    Index("ix_stream_subscriptions_account", "account_id"),
)
