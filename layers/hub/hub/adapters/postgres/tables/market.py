"""The tables of market."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import ID, MOMENT, MONEY, metadata

instruments = Table(
    "instruments",
    metadata,
    Column("instrument_id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("currency", Text, nullable=False),
)

instrument_symbols = Table(
    "instrument_symbols",
    metadata,
    Column("symbol", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    PrimaryKeyConstraint("symbol", "valid_from"),
    Index(
        "ix_instrument_symbols_current", "symbol", unique=True, postgresql_where="valid_to IS NULL"
    ),
)

exchange_sessions = Table(
    "exchange_sessions",
    metadata,
    Column("exchange", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("opens_at", MOMENT, nullable=False),
    Column("closes_at", MOMENT, nullable=False),
    Column("kind", Text, nullable=False),
    PrimaryKeyConstraint("exchange", "day"),
    CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
    CheckConstraint("kind IN ('regular', 'early_close', 'late_open')", name="known_kind"),
)

daily_bars = Table(
    "daily_bars",
    metadata,
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("open", MONEY, nullable=False),
    Column("high", MONEY, nullable=False),
    Column("low", MONEY, nullable=False),
    Column("close", MONEY, nullable=False),
    Column("adjusted_close", Numeric(24, 13), nullable=False),
    Column("volume", BigInteger, nullable=False),
    PrimaryKeyConstraint("instrument_id", "day"),
)

corporate_actions = Table(
    "corporate_actions",
    metadata,
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("ex_day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("new_shares", Integer),
    Column("old_shares", Integer),
    Column("amount", MONEY),
    PrimaryKeyConstraint("instrument_id", "ex_day", "kind"),
    CheckConstraint(
        "kind = 'split' AND new_shares > 0 AND old_shares > 0 AND amount IS NULL"
        " OR kind = 'dividend' AND amount > 0 AND amount < 'Infinity'"
        " AND new_shares IS NULL AND old_shares IS NULL",
        name="terms_of_its_kind",
    ),
)

market_clock = Table(
    "market_clock",
    metadata,
    Column("name", Text, primary_key=True),
    Column("market", MOMENT, nullable=False),
    Column("wall", MOMENT, nullable=False),
    Column("speed", Double, nullable=False),
    Column("until", MOMENT),
    Column("course", JSONB),
)
