"""The tables of orders, what they did, and what is to be told of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import (
    EXACT_VALUE,
    ID,
    MOMENT,
    MONEY,
    QUANTITY,
    between,
    metadata,
    one_of,
)
from hub.domain.orders.order import Leg, OrderClass, OrderType, Side, State, TimeInForce

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
    Column("notional", MONEY),
    Column("expire_date", Date),
    Column("expires_at", MOMENT),
    Column("works_from", MOMENT),
    Column("extended_hours", Boolean, nullable=False),
    Column("post_only", Boolean, nullable=False),
    Column("order_class", Text, nullable=False),
    Column("group_id", ID),
    Column("leg", Text),
    Column("replaces", ID),
    Column("replaced_by", ID),
    Column("fees", MONEY, nullable=False),
    Column("met_event", Text),
    Column("routed_at", MOMENT),
    Column("sent_at", MOMENT),
    UniqueConstraint("account_id", "client_order_id"),
    one_of("side", tuple(Side)),
    one_of("type", tuple(OrderType)),
    one_of("time_in_force", tuple(TimeInForce)),
    one_of("state", tuple(State)),
    one_of("order_class", tuple(OrderClass)),
    one_of("leg", tuple(Leg)),
    between("notional", "> 0"),
    between("fees", ">= 0"),
    CheckConstraint(
        "(order_class = 'simple') = (group_id IS NULL)", name="groups_have_more_than_one"
    ),
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
        "ix_orders_expiring",
        "expires_at",
        postgresql_where="state IN ('accepted', 'held', 'new', 'partially_filled')",
    ),
    Index("ix_orders_queued", "works_from", "order_id", postgresql_where="state = 'accepted'"),
    Index(
        "ix_orders_routed",
        "routed_at",
        "order_id",
        postgresql_where="routed_at IS NOT NULL"
        " AND state IN ('new', 'partially_filled', 'pending_cancel')",
    ),
    Index("ix_orders_group", "group_id", postgresql_where="group_id IS NOT NULL"),
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
    Column("fees", MONEY, nullable=False),
    Column("trade_date", Date, nullable=False),
    Column("settlement_date", Date, nullable=False),
    Column("quote_id", Text, nullable=False),
    Column("quote", JSONB, nullable=False),
    Column("trade", JSONB),
    Column("seed", BigInteger),
    Column("market_time", MOMENT, nullable=False),
    Column("executed_at", MOMENT, nullable=False),
    UniqueConstraint("order_id", "fill_sequence"),
    Index("ix_executions_account", "account_id", "instrument_id", "executed_at", "execution_id"),
    # Executions come in the order of their days: next to nothing to keep, and enough to find a day.
    Index("ix_executions_trade_date", "trade_date", postgresql_using="brin"),
    between("quantity", "> 0", "1e11"),
    between("price", "> 0"),
    between("value", ">= 0"),
    between("fees", ">= 0"),
)

quotes_taken = Table(
    "quotes_taken",
    metadata,
    Column("quote_id", Text, primary_key=True),
    Column("bought", QUANTITY, nullable=False),
    Column("sold", QUANTITY, nullable=False),
    Column("taken_at", MOMENT, nullable=False),
    Index("ix_quotes_taken_taken_at", "taken_at"),
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
    Column("settled_amount", MONEY),
    CheckConstraint(
        "(settled_at IS NULL) = (settled_amount IS NULL)"
        " AND (settled_amount IS NULL OR settled_amount >= 0 AND settled_amount <= amount)",
        name="settled_at_most_once",
    ),
    Index("ix_settlement_obligations_account", "account_id", "settlement_date", "execution_id"),
    Index(
        "ix_settlement_obligations_open",
        "account_id",
        "settlement_date",
        postgresql_where="settled_at IS NULL",
    ),
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
