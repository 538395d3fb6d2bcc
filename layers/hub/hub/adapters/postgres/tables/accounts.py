"""The tables of accounts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
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
from hub.domain.accounts.fees import Basis, Rounding
from hub.domain.accounts.ledger import Ledger
from hub.domain.orders.order import Side

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("closed_at", MOMENT),
    # The latest reset: a request for it that comes again finds it done.
    Column("reset_id", ID),
    Column("reset_at", MOMENT),
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
    Index("ix_ledger_transactions_pages", "account_id", "created_at", "transaction_id"),
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

# What an account was worth at the close of a session; `deposited` is less what was withdrawn.
account_marks = Table(
    "account_marks",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("equity", MONEY, nullable=False),
    Column("deposited", MONEY, nullable=False),
    Column("market_time", MOMENT, nullable=False),
    Column("marked_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", "day"),
    between("equity", ">= 0", "1e14"),
    CheckConstraint("deposited > -1e14 AND deposited < 1e14", name="deposited_range"),
)

# A limit that is NULL, or an account without a row, is not limited.
account_limits = Table(
    "account_limits",
    metadata,
    Column("account_id", ID, ForeignKey("accounts.account_id"), primary_key=True),
    Column("max_order_value", MONEY),
    Column("max_position_value", MONEY),
    Column("max_open_orders", Integer),
    between("max_order_value", "> 0"),
    between("max_position_value", "> 0"),
    between("max_open_orders", ">= 0"),
)

fee_schedule = Table(
    "fee_schedule",
    metadata,
    Column("market", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("side", Text),
    Column("basis", Text, nullable=False),
    Column("rate", Numeric(20, 12), nullable=False),
    Column("least", MONEY, nullable=False),
    Column("most", MONEY),
    Column("places", Integer, nullable=False),
    Column("rounding", Text, nullable=False),
    PrimaryKeyConstraint("market", "kind", "since"),
    one_of("side", tuple(Side)),
    one_of("basis", tuple(Basis)),
    one_of("rounding", tuple(Rounding)),
    between("rate", ">= 0"),
    between("least", ">= 0"),
    between("most", ">= 0"),
    between("places", ">= 0", "7"),
)
