"""What becomes of accounts as such: opened, renamed, closed."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    OWNER,
    given,
    insert_from,
    text_of,
)
from hub.adapters.postgres.tables import (
    account_events,
    accounts,
    api_keys,
    audit_events,
    balances,
    ledger_entries,
    ledger_transactions,
    users,
)

_ACCOUNT = given("account_id", accounts.c.account_id)
_AT = given("at", accounts.c.created_at)
_FIRST: ColumnElement[Any] = literal_column("1")


def open_account() -> Select[bool, bool]:
    """Columns: opened, repeated. Neither: the customer has as many as they may have.

    Under the lock of the customer's row, so that no two requests count the same accounts.
    """
    customer = select(users.c.user_id).where(users.c.user_id == OWNER).with_for_update()
    owner = customer.cte("customer")
    theirs = (
        select(func.count())
        .select_from(accounts)
        .where(accounts.c.user_id == owner.c.user_id, accounts.c.closed_at.is_(None))
    )
    repeated = exists(select(_FIRST).where(accounts.c.account_id == _ACCOUNT))
    room = (
        select(owner.c.user_id)
        .where(theirs.scalar_subquery() < bindparam("b_most", type_=Integer), ~repeated)
        .cte("room")
    )
    account = _new_account(room)
    balance, event, audit = first_rows(account, _AT, "opened")
    return select(
        exists(select(account.c.account_id)).label("opened"), repeated.label("repeated")
    ).add_cte(balance, event, audit)


def _new_account(room: CTE) -> CTE:
    return (
        insert_from(
            room,
            accounts,
            user_id=room.c.user_id,
            account_id=_ACCOUNT,
            name=given("name", accounts.c.name),
            kind=text_of("paper"),
            currency=CURRENCY,
            created_at=_AT,
            event_sequence=_FIRST,
            audit_sequence=_FIRST,
            audit_hash=given("audit_hash", accounts.c.audit_hash),
        )
        .returning(accounts.c.account_id, accounts.c.audit_hash)
        .cte("account")
    )


def first_rows(account: CTE, at: ColumnElement[Any], cause: str) -> tuple[CTE, CTE, CTE]:
    """The empty balance of a new account, its first event, and its first audit link."""
    zero: ColumnElement[Any] = literal_column("0")
    balance = insert_from(
        account,
        balances,
        account_id=account.c.account_id,
        currency=CURRENCY,
        settled=zero,
        unsettled=zero,
        reserved=zero,
    )
    event = insert_from(
        account,
        account_events,
        account_id=account.c.account_id,
        sequence=_FIRST,
        type=text_of("AccountOpened"),
        cause=text_of(cause),
        detail=literal_column("'{}'::jsonb"),
        at=at,
    )
    audit = insert_from(
        account,
        audit_events,
        account_id=account.c.account_id,
        sequence=_FIRST,
        payload=given("audit_payload", audit_events.c.payload),
        hash=account.c.audit_hash,
        at=at,
    )
    return balance.cte("balance"), event.cte("event"), audit.cte("audit")


def rename_account() -> Update:
    """Inside a transaction that holds the account's lock."""
    return (
        update(accounts)
        .where(accounts.c.account_id == _ACCOUNT)
        .values(name=given("name", accounts.c.name))
    )


def close_account() -> Select[Any]:
    """Inside a transaction that holds the account's lock. Its keys open nothing any more."""
    at = given("at", accounts.c.closed_at)
    closed = (
        update(accounts)
        .where(accounts.c.account_id == _ACCOUNT)
        .values(closed_at=at)
        .returning(accounts.c.account_id)
        .cte("closed")
    )
    revoked = (
        update(api_keys)
        .where(api_keys.c.account_id == closed.c.account_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(_FIRST)
        .cte("revoked")
    )
    return select(closed.c.account_id).add_cte(revoked)


def reset_account() -> Select[Any]:
    """Inside a transaction that holds the account's lock. No row: this reset is the latest."""
    reset_id = given("reset_id", accounts.c.reset_id)
    reset = (
        update(accounts)
        .where(accounts.c.account_id == _ACCOUNT, accounts.c.reset_id.is_distinct_from(reset_id))
        .values(reset_id=reset_id, reset_at=given("at", accounts.c.reset_at))
        .returning(accounts.c.account_id)
        .cte("reset")
    )
    return select(reset.c.account_id)


def find_movement() -> Select[Any]:
    """What an earlier deposit or withdrawal under a reference brought or took."""
    return (
        select(func.abs(ledger_entries.c.amount))
        .select_from(
            ledger_transactions.join(
                ledger_entries,
                and_(
                    ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id,
                    ledger_entries.c.ledger == text_of("deposits"),
                ),
            )
        )
        .where(
            ledger_transactions.c.account_id == _ACCOUNT,
            ledger_transactions.c.kind == given("kind", ledger_transactions.c.kind),
            ledger_transactions.c.reference == given("reference", ledger_transactions.c.reference),
        )
    )
