"""The tables of watchlists."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from hub.adapters.postgres.tables.kinds import ID, MOMENT, between, metadata

watchlists = Table(
    "watchlists",
    metadata,
    Column("watchlist_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    # Of the link by which others may read it.
    Column("link_hash", LargeBinary, unique=True),
    UniqueConstraint("user_id", "name"),
)

watchlist_items = Table(
    "watchlist_items",
    metadata,
    Column(
        "watchlist_id",
        ID,
        ForeignKey("watchlists.watchlist_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("place", Integer, nullable=False),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    PrimaryKeyConstraint("watchlist_id", "place"),
    UniqueConstraint("watchlist_id", "instrument_id"),
    between("place", ">= 0", "20"),
)
