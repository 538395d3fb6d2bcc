"""The schedule of fees in PostgreSQL, kept for five minutes as reference data is."""

from collections.abc import Sequence
from time import monotonic

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.domain.accounts.fees import Basis, FeeRule, Rounding

_LIFE_SECONDS = 300.0


class PostgresFees:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, list[FeeRule]]] = {}

    def schedule(self, market: str) -> Sequence[FeeRule]:
        read_at, known = self._known.get(market, (None, []))
        if read_at is None or monotonic() - read_at >= _LIFE_SECONDS:
            rows = self._database.rows(compiled.LIST_FEES, {"b_market": market})
            known = [
                FeeRule(
                    kind=row[0],
                    since=row[1],
                    side=row[2],
                    basis=Basis(row[3]),
                    rate=row[4],
                    least=row[5],
                    most=row[6],
                    places=row[7],
                    rounding=Rounding(row[8]),
                )
                for row in rows
            ]
            self._known[market] = (monotonic(), known)
        return known
