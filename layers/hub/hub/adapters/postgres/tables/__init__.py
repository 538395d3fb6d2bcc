"""The tables: the one source for statements and migrations.

Money is NUMERIC(20,6), quantity NUMERIC(20,9). The upper bounds in the checks keep NaN and
Infinity out, which PostgreSQL holds to be greater than any number. Every row names its account:
it is the partition key of tomorrow.
"""

from hub.adapters.postgres.tables.accounts import (
    account_events,
    account_limits,
    account_marks,
    accounts,
    audit_events,
    balances,
    fee_schedule,
    ledger_entries,
    ledger_transactions,
    positions,
)
from hub.adapters.postgres.tables.identity import (
    api_keys,
    keys_to_shred,
    login_attempts,
    login_sessions,
    one_time_tokens,
    recovery_codes,
    refresh_tokens,
    second_factors,
    users,
)
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
from hub.adapters.postgres.tables.market import (
    corporate_actions,
    daily_bars,
    exchange_sessions,
    instrument_symbols,
    instruments,
    market_clock,
)
from hub.adapters.postgres.tables.notifications import (
    notification_cursors,
    notification_preferences,
    notifications,
)
from hub.adapters.postgres.tables.operations import admin_actions, order_recoveries
from hub.adapters.postgres.tables.orders import (
    executions,
    orders,
    outbox,
    quotes_taken,
    settlement_obligations,
)
from hub.adapters.postgres.tables.settlement import (
    good_faith_violations,
    reconciliation_breaks,
    reconciliations,
)
from hub.adapters.postgres.tables.streaming import stream_connections, stream_subscriptions
from hub.adapters.postgres.tables.watchlists import watchlist_items, watchlists

__all__ = [
    "EXACT_VALUE",
    "ID",
    "MOMENT",
    "MONEY",
    "QUANTITY",
    "account_events",
    "account_limits",
    "account_marks",
    "accounts",
    "admin_actions",
    "api_keys",
    "audit_events",
    "balances",
    "between",
    "corporate_actions",
    "daily_bars",
    "exchange_sessions",
    "executions",
    "fee_schedule",
    "good_faith_violations",
    "instrument_symbols",
    "instruments",
    "keys_to_shred",
    "ledger_entries",
    "ledger_transactions",
    "login_attempts",
    "login_sessions",
    "market_clock",
    "metadata",
    "notification_cursors",
    "notification_preferences",
    "notifications",
    "one_of",
    "one_time_tokens",
    "order_recoveries",
    "orders",
    "outbox",
    "positions",
    "quotes_taken",
    "reconciliation_breaks",
    "reconciliations",
    "recovery_codes",
    "refresh_tokens",
    "second_factors",
    "settlement_obligations",
    "stream_connections",
    "stream_subscriptions",
    "users",
    "watchlist_items",
    "watchlists",
]
