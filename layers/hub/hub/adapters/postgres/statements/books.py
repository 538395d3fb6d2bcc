"""A transaction over the books of some accounts: lock, load, and write it all at once."""

from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    ORDER_COLUMNS,
    TEXTS,
    given,
    insert_rows,
    rows,
)
from hub.adapters.postgres.tables import (
    ID,
    account_events,
    account_limits,
    accounts,
    audit_events,
    balances,
    executions,
    ledger_entries,
    ledger_transactions,
    orders,
    outbox,
    positions,
    quotes_taken,
    settlement_obligations,
)

_ACCOUNT_IDS = bindparam("b_account_ids", type_=ARRAY(ID))
_ORDER_IDS = bindparam("b_order_ids", type_=ARRAY(ID))
_QUOTE_IDS = bindparam("b_quote_ids", type_=TEXTS)


def lock_accounts() -> Select[Any]:
    """Locks in id order, and in a statement of its own: what is read next is then the latest."""
    return (
        select(accounts.c.account_id)
        .where(accounts.c.account_id == func.any(_ACCOUNT_IDS))
        .order_by(accounts.c.account_id)
        .with_for_update()
    )


def lock_quotes() -> Any:
    """What of some quotes was taken already, under the locks of their rows, in id order."""
    wanted = func.unnest(_QUOTE_IDS).table_valued(Column("quote_id", Text), name="wanted")
    wanted = wanted.render_derived()
    zero = literal_column("0", quotes_taken.c.bought.type)
    new = postgresql.insert(quotes_taken).from_select(
        ["quote_id", "bought", "sold", "taken_at"],
        select(wanted.c.quote_id, zero, zero, given("at", quotes_taken.c.taken_at)).order_by(
            wanted.c.quote_id
        ),
        include_defaults=False,
    )
    return new.on_conflict_do_update(
        index_elements=["quote_id"], set_={"taken_at": quotes_taken.c.taken_at}
    ).returning(quotes_taken.c.quote_id, quotes_taken.c.bought, quotes_taken.c.sold)


def load_books() -> Select[Any]:
    """A row per account and order of it that is asked for (or per account without any); with an
    order come the others of its group."""
    asked = orders.alias("asked")
    together = orders.alias("together")
    groups = select(asked.c.group_id).where(
        asked.c.order_id == func.any(_ORDER_IDS), asked.c.group_id.is_not(None)
    )
    wanted = union(
        select(func.unnest(_ORDER_IDS).label("order_id")),
        select(together.c.order_id).where(together.c.group_id.in_(groups)),
    ).cte("wanted")
    mine = orders.join(wanted, wanted.c.order_id == orders.c.order_id)
    held = and_(
        positions.c.account_id == orders.c.account_id,
        positions.c.instrument_id == orders.c.instrument_id,
    )
    book = accounts.join(
        balances,
        and_(balances.c.account_id == accounts.c.account_id, balances.c.currency == CURRENCY),
    )
    return (
        select(
            accounts.c.account_id,
            accounts.c.user_id,
            accounts.c.event_sequence,
            accounts.c.audit_sequence,
            accounts.c.audit_hash,
            balances.c.settled,
            balances.c.unsettled,
            balances.c.reserved,
            positions.c.quantity,
            positions.c.reserved.label("position_reserved"),
            positions.c.cost,
            positions.c.realised,
            account_limits.c.max_order_value,
            account_limits.c.max_position_value,
            *order_columns(),
        )
        .select_from(
            book.outerjoin(account_limits, account_limits.c.account_id == accounts.c.account_id)
            .outerjoin(mine, orders.c.account_id == accounts.c.account_id)
            .outerjoin(positions, held)
        )
        .where(accounts.c.account_id == func.any(_ACCOUNT_IDS))
    )


def order_columns() -> list[Any]:
    """An order's columns, each as `order_<name>`, in the order in which `order_of` reads them."""
    return [
        column.label(f"order_{column.name}") for column in orders.c if column.name != "request_hash"
    ]


def write_books() -> Select[Any]:
    """Everything that a transaction changed, as rows given by arrays."""
    return select(literal_column("1")).add_cte(
        changed_accounts(),
        changed_balances(),
        _orders(),
        _positions(),
        _quotes_taken(),
        insert_rows("new_order", orders, *ORDER_COLUMNS),
        insert_rows("execution", executions, *executions.c.keys()),
        insert_rows(
            "obligation",
            settlement_obligations,
            *[
                each.name
                for each in settlement_obligations.c
                if each.name not in {"settled_at", "settled_amount"}
            ],
        ),
        insert_rows("transaction", ledger_transactions, *ledger_transactions.c.keys()),
        insert_rows("entry", ledger_entries, *ledger_entries.c.keys()),
        insert_rows("event", account_events, *account_events.c.keys()),
        insert_rows("audit", audit_events, *audit_events.c.keys()),
        insert_rows("message", outbox, *outbox.c.keys()),
    )


def changed_accounts() -> CTE:
    names = ("account_id", "event_sequence", "audit_sequence", "audit_hash")
    source = rows("account", accounts, *names)
    return (
        update(accounts)
        .where(accounts.c.account_id == source.c.account_id)
        .values({name: source.c[name] for name in names[1:]})
        .returning(literal_column("1"))
        .cte("changed_accounts")
    )


def changed_balances() -> CTE:
    names = ("account_id", "settled", "unsettled", "reserved")
    source = rows("balance", balances, *names)
    return (
        update(balances)
        .where(balances.c.account_id == source.c.account_id, balances.c.currency == CURRENCY)
        .values({name: source.c[name] for name in names[1:]})
        .returning(literal_column("1"))
        .cte("changed_balances")
    )


ORDER_CHANGES = (
    "order_id",
    "state",
    "quantity",
    "filled_quantity",
    "filled_value",
    "fills",
    "reserved_cash",
    "reserved_quantity",
    "reason_code",
    "reason",
    "updated_at",
    "executed_at",
    "stop_price",
    "water_mark",
    "triggered_at",
    "replaced_by",
    "fees",
    "met_event",
    "routed_at",
    "sent_at",
)


def _quotes_taken() -> CTE:
    source = rows("taken", quotes_taken, "quote_id", "bought", "sold")
    return (
        update(quotes_taken)
        .where(quotes_taken.c.quote_id == source.c.quote_id)
        .values(bought=source.c.bought, sold=source.c.sold)
        .returning(literal_column("1"))
        .cte("taken_quotes")
    )


def _orders() -> CTE:
    source = rows("order", orders, *ORDER_CHANGES)
    return (
        update(orders)
        .where(orders.c.order_id == source.c.order_id)
        .values({name: source.c[name] for name in ORDER_CHANGES[1:]})
        .returning(literal_column("1"))
        .cte("changed_orders")
    )


def _positions() -> CTE:
    names = tuple(positions.c.keys())
    source = rows("position", positions, *names)
    new = postgresql.insert(positions).from_select(
        list(names), select(*[source.c[name] for name in names])
    )
    changed = {name: new.excluded[name] for name in names[2:]}
    return (
        new.on_conflict_do_update(index_elements=list(names[:2]), set_=changed)
        .returning(literal_column("1"))
        .cte("changed_positions")
    )
