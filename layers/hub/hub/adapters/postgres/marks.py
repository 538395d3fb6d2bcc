"""Daily marks of accounts in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database
from hub.application.ports.marks import HeldShares, NewMark, UnmarkedAccount
from hub.domain.accounts.history import Mark
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresMarks:
    database: Database

    def unmarked(self, day: date, after: AccountId | None, limit: int) -> Sequence[UnmarkedAccount]:
        asked = {"b_day": day, "b_after": after, "b_limit": limit}
        rows = self.database.rows(compiled.LIST_UNMARKED, asked)
        return [
            UnmarkedAccount(
                head[0],
                head[1],
                head[2],
                [HeldShares(*row[3:]) for row in held if row[3] is not None],
            )
            for head, held in groupby(rows, key=itemgetter(0, 1, 2))
        ]

    def add(self, marks: Sequence[NewMark]) -> None:
        names = "account_id day equity deposited market_time marked_at"
        self.database.rows(compiled.ADD_MARKS, arrays("mark", names, marks))

    def of(
        self, customer_id: CustomerId, account_id: AccountId | None, since: date
    ) -> Mapping[AccountId, Sequence[Mark]]:
        asked = {"b_user_id": customer_id, "b_account_id": account_id, "b_since": since}
        rows = self.database.rows(compiled.LIST_MARKS, asked)
        return {
            owner: [Mark(*row[1:]) for row in marks]
            for owner, marks in groupby(rows, key=itemgetter(0))
        }
