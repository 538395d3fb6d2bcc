"""The tables: the one source for statements and migrations.

Money is NUMERIC(20,6), quantity NUMERIC(20,9). The upper bounds in the checks keep NaN and
Infinity out, which PostgreSQL holds to be greater than any number. Every row names its account:
it is the partition key of tomorrow.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.domain.accounts.ledger import Ledger
from hub.domain.orders.order import OrderType, Side, State, TimeInForce

MONEY = Numeric(20, 6)
QUANTITY = Numeric(20, 9)
EXACT_VALUE = Numeric(38, 15)
MOMENT = DateTime(timezone=True)
ID = Uuid(as_uuid=False)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def between(column: str, low: str, high: str = "1e12") -> CheckConstraint:
    return CheckConstraint(f"{column} {low} AND {column} < {high}", name=f"{column}_range")


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
    PrimaryKeyConstraint("exchange", "day"),
    CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
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

market_clock = Table(
    "market_clock",
    metadata,
    Column("name", Text, primary_key=True),
    Column("market", MOMENT, nullable=False),
    Column("wall", MOMENT, nullable=False),
    Column("speed", Double, nullable=False),
    Column("until", MOMENT),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", ID, primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("client_order_id", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("time_in_force", Text, nullable=False),
    Column("quantity", QUANTITY, nullable=False),
    Column("limit_price", MONEY),
    Column("state", Text, nullable=False),
    Column("filled_quantity", QUANTITY, nullable=False),
    Column("filled_value", EXACT_VALUE, nullable=False),
    Column("fills", Integer, nullable=False),
    Column("reserved_cash", MONEY, nullable=False),
    Column("reserved_quantity", QUANTITY, nullable=False),
    Column("market_price", MONEY, nullable=False),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("market_time", MOMENT, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("executed_at", MOMENT),
    Column("stop_price", MONEY),
    Column("trail_price", MONEY),
    Column("trail_percent", MONEY),
    Column("water_mark", MONEY),
    Column("triggered_at", MOMENT),
    UniqueConstraint("account_id", "client_order_id"),
    one_of("side", tuple(Side)),
    one_of("type", tuple(OrderType)),
    one_of("time_in_force", tuple(TimeInForce)),
    one_of("state", tuple(State)),
    between("quantity", "> 0", "1e11"),
    between("limit_price", "> 0"),
    between("stop_price", "> 0"),
    CheckConstraint(
        "(type IN ('limit', 'stop_limit')) = (limit_price IS NOT NULL)", name="limit_has_its_price"
    ),
    CheckConstraint(
        "(type IN ('stop', 'stop_limit', 'trailing_stop')) = (stop_price IS NOT NULL)",
        name="stop_has_its_price",
    ),
    CheckConstraint(
        "(type = 'trailing_stop') = (num_nonnulls(trail_price, trail_percent) = 1)",
        name="trail_has_its_distance",
    ),
    CheckConstraint(
        "filled_quantity >= 0 AND filled_quantity <= quantity", name="filled_at_most_quantity"
    ),
    between("reserved_cash", ">= 0"),
    CheckConstraint(
        "reserved_quantity >= 0 AND reserved_quantity <= quantity - filled_quantity",
        name="reserved_quantity_range",
    ),
    Index("ix_orders_history", "account_id", "created_at", "order_id"),
    Index(
        "ix_orders_open",
        "instrument_id",
        "state",
        postgresql_where="state IN ('accepted', 'new', 'partially_filled')",
    ),
    Index(
        "ix_orders_resting",
        "updated_at",
        postgresql_where="state IN ('new', 'partially_filled')",
    ),
    Index(
        "ix_orders_day",
        "market_time",
        postgresql_where="state IN ('accepted', 'new', 'partially_filled')"
        " AND time_in_force = 'day'",
    ),
    Index(
        "ix_orders_reserving",
        "account_id",
        postgresql_where="reserved_cash > 0 OR reserved_quantity > 0",
    ),
)

executions = Table(
    "executions",
    metadata,
    Column("execution_id", ID, primary_key=True),
    Column("order_id", ID, ForeignKey("orders.order_id"), nullable=False),
    Column("fill_sequence", Integer, nullable=False),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("instrument_id", ID, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("side", Text, nullable=False),
    Column("quantity", QUANTITY, nullable=False),
    Column("price", MONEY, nullable=False),
    Column("value", MONEY, nullable=False),
    Column("settlement_date", Date, nullable=False),
    Column("quote_id", Text, nullable=False),
    Column("quote", JSONB, nullable=False),
    Column("market_time", MOMENT, nullable=False),
    Column("executed_at", MOMENT, nullable=False),
    UniqueConstraint("order_id", "fill_sequence"),
    Index("ix_executions_account", "account_id", "instrument_id"),
    between("quantity", "> 0", "1e11"),
    between("price", "> 0"),
    between("value", ">= 0"),
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

settlement_obligations = Table(
    "settlement_obligations",
    metadata,
    Column("execution_id", ID, ForeignKey("executions.execution_id"), primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", MONEY, nullable=False),
    Column("settlement_date", Date, nullable=False),
    Column("settled_at", MOMENT),
    Index(
        "ix_settlement_obligations_due", "settlement_date", postgresql_where="settled_at IS NULL"
    ),
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

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", ID, primary_key=True),
    Column("account_id", ID, nullable=False),
    Column("destination", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Index("ix_outbox_created_at", "created_at"),
)
