"""The tables of accounts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import (
    ID,
    MOMENT,
    MONEY,
    QUANTITY,
    between,
    metadata,
    one_of,
)
from hub.domain.accounts.ledger import Ledger

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("event_sequence", BigInteger, nullable=False),
    Column("audit_sequence", BigInteger, nullable=False),
    Column("audit_hash", LargeBinary, nullable=False),
    one_of("kind", ("paper",)),
)

balances = Table(
    "balances",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("settled", MONEY, nullable=False),
    Column("unsettled", MONEY, nullable=False),
    Column("reserved", MONEY, nullable=False),
    PrimaryKeyConstraint("account_id", "currency"),
    between("settled", ">= 0"),
    between("unsettled", ">= 0"),
    between("reserved", ">= 0"),
    CheckConstraint("settled + unsettled - reserved >= 0", name="available_not_negative"),
)

positions = Table(
    "positions",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("quantity", QUANTITY, nullable=False),
    Column("reserved", QUANTITY, nullable=False),
    Column("cost", MONEY, nullable=False),
    Column("realised", MONEY, nullable=False),
    PrimaryKeyConstraint("account_id", "instrument_id"),
    between("quantity", ">= 0", "1e11"),
    between("cost", ">= 0"),
    CheckConstraint("reserved >= 0 AND reserved <= quantity", name="sellable_not_negative"),
)

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    Column("transaction_id", ID, primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", ID, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    UniqueConstraint("account_id", "kind", "reference"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("transaction_id", ID, ForeignKey("ledger_transactions.transaction_id"), nullable=False),
    Column("account_id", ID, nullable=False),
    Column("ledger", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", MONEY, nullable=False),
    PrimaryKeyConstraint("transaction_id", "ledger", "currency"),
    Index("ix_ledger_entries_account", "account_id", "ledger"),
    one_of("ledger", tuple(Ledger)),
    CheckConstraint("amount > -1e12 AND amount < 1e12 AND amount <> 0", name="amount_range"),
)

account_events = Table(
    "account_events",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("order_id", ID),
    Column("state_before", Text),
    Column("state_after", Text),
    Column("cause", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("market_time", MOMENT),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", "sequence"),
    Index("ix_account_events_order", "order_id", postgresql_where="order_id IS NOT NULL"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", "sequence"),
)
