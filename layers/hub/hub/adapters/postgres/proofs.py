"""Proofs of single accounts: the invariants' own queries, over the rows of one account.

Each table that they read is put before them as the part of it that is the account's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.invariants import INVARIANTS, Invariant
from hub.application.ports.proofs import Checked, Head, Proof
from hub.domain.kernel import AccountId

# The tables in which each row is an account's.
OF_ACCOUNTS = (
    "account_events",
    "accounts",
    "audit_events",
    "balances",
    "executions",
    "ledger_entries",
    "ledger_transactions",
    "orders",
    "positions",
    "settlement_obligations",
)
# Of customers, and of what orders of all accounts share.
NOT_OF_ACCOUNTS = ("one-refresh-token", "sizes-are-not-exceeded")


@dataclass(frozen=True, slots=True)
class PostgresProofs:
    database: Database

    def of(self, account_id: AccountId) -> Proof:
        wanted = {"b_account_id": account_id}
        head, totals, broken = (
            (compiled.FIND_AUDIT_HEAD, wanted),
            (compiled.LIST_LEDGER_TOTALS, wanted),
            (violations_of_account(), wanted),
        )
        with self.database.transaction([head, totals, broken]) as found:
            self.database.give_up()
        ((sequence, digest, events),), sums, counts = found
        violations = dict(counts)
        return Proof(
            Head(account_id, sequence, bytes(digest).hex()),
            events,
            {(ledger, currency): amount for ledger, currency, amount in sums},
            [
                Checked(each.name, each.sentence, violations[each.name])
                for each in invariants_of_accounts()
            ],
        )


@dataclass(frozen=True, slots=True)
class PostgresAuditHeads:
    database: Database

    def moved(self, since: datetime) -> Sequence[Head]:
        rows = self.database.rows(compiled.LIST_MOVED_HEADS, {"b_since": since})
        return [Head(AccountId(row[0]), row[1], bytes(row[2]).hex()) for row in rows]


def invariants_of_accounts() -> list[Invariant]:
    return [each for each in INVARIANTS if each.name not in NOT_OF_ACCOUNTS]


@cache
def violations_of_account() -> str:
    """Name and count of violations of each invariant, for one account."""
    mine = ", ".join(
        f"{table} AS (SELECT * FROM public.{table} WHERE account_id = %(b_account_id)s::UUID)"
        for table in OF_ACCOUNTS
    )
    counts = " UNION ALL ".join(
        f"SELECT '{each.name}', count(*) FROM ({each.query}) broken"
        for each in invariants_of_accounts()
    )
    return f"WITH {mine} {counts}"


def broken_anchors(url: str, anchors: Iterable[Head]) -> list[Head]:
    """Those that the chains do not have: rewritten, cut off, or gone with their account."""
    with psycopg.connect(url) as connection:
        return [each for each in anchors if not _stands(connection, each)]


def _stands(connection: psycopg.Connection[Any], anchor: Head) -> bool:
    row = connection.execute(
        "SELECT encode(hash, 'hex') FROM audit_events WHERE account_id = %s AND sequence = %s",
        (anchor.account_id, anchor.sequence),
    ).fetchone()
    return row is not None and row[0] == anchor.hash
