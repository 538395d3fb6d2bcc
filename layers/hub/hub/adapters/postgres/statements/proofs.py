"""Where an account's log, chain and ledger stand."""

from typing import Any

from sqlalchemy import Select, and_, func, select

from hub.adapters.postgres.statements.parts import given
from hub.adapters.postgres.tables import accounts, audit_events, ledger_entries


def find_audit_head() -> Select[Any]:
    """Under a lock that keeps writers away: what is read next is of the same moment."""
    return (
        select(accounts.c.audit_sequence, accounts.c.audit_hash, accounts.c.event_sequence)
        .where(accounts.c.account_id == given("account_id", accounts.c.account_id))
        .with_for_update(read=True)
    )


def list_ledger_totals() -> Select[Any]:
    entries = ledger_entries
    return (
        select(entries.c.ledger, entries.c.currency, func.sum(entries.c.amount))
        .where(entries.c.account_id == given("account_id", entries.c.account_id))
        .group_by(entries.c.ledger, entries.c.currency)
        .order_by(entries.c.ledger, entries.c.currency)
    )


def list_moved_heads() -> Select[Any]:
    last = and_(
        audit_events.c.account_id == accounts.c.account_id,
        audit_events.c.sequence == accounts.c.audit_sequence,
    )
    return (
        select(accounts.c.account_id, accounts.c.audit_sequence, accounts.c.audit_hash)
        .select_from(accounts.join(audit_events, last))
        .where(audit_events.c.at >= given("since", audit_events.c.at))
        .order_by(accounts.c.account_id)
    )
