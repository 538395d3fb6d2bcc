"""The log of accounts in PostgreSQL, read without holding up the loop."""

from collections.abc import Sequence

from hub.adapters.postgres import compiled
from hub.application.ports.streaming import AccountEvent
from hub.domain.kernel import AccountId, CustomerId
from stream.account_news import Place
from stream.postgres import Postgres

# To write down so many takes the loop, which has the market to tell too, a few milliseconds.
MOST_AT_ONCE = 500
MOST_OF_ONE = 100


class PostgresEvents:
    """Raises UnavailableError while the database is away."""

    def __init__(self, url: str) -> None:
        self._postgres = Postgres(url, "account log")
        self.link = self._postgres.link

    async def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        wanted = {"b_user_id": customer_id, "b_account_id": account_id}
        rows = await self._postgres.rows(compiled.FIND_LOG_HEAD.encode(), wanted)
        return rows[0][0] if rows else None

    async def after(self, places: Sequence[Place]) -> Sequence[tuple[int, AccountEvent]]:
        wanted = {
            "b_places_account_id": [account_id for account_id, _ in places],
            "b_places_sequence": [sequence for _, sequence in places],
            "b_each": MOST_OF_ONE,
            "b_limit": MOST_AT_ONCE,
        }
        rows = await self._postgres.rows(compiled.LIST_EVENTS_OF_PLACES.encode(), wanted)
        return [(number - 1, AccountEvent(*event)) for number, *event in rows]

    async def close(self) -> None:
        await self._postgres.close()
