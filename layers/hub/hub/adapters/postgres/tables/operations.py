"""The tables of those who run the platform."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from hub.adapters.postgres.tables.kinds import ID, MOMENT, metadata, one_of
from hub.domain.orders.recovery import RecoveryState

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

# One row an order, of its latest episode; what happened before is in the order's timeline.
order_recoveries = Table(
    "order_recoveries",
    metadata,
    Column("order_id", ID, ForeignKey("orders.order_id"), primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.account_id"), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", JSONB, nullable=False),
    Column("next_try_at", MOMENT),
    Column("task_token", Text),
    Column("began_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    one_of("state", tuple(RecoveryState)),
    CheckConstraint("(state = 'manual') = (task_token IS NOT NULL)", name="a_person_has_a_token"),
    Index("ix_order_recoveries_open", "began_at", postgresql_where="state <> 'over'"),
)
