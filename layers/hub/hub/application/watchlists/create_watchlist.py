"""Begin a watchlist, once per key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid5

from hub.application.ports.system import Clock, Ids
from hub.application.ports.watchlists import NameTakenError
from hub.application.watchlists.lists import Lists, name_taken, no_watchlist
from hub.domain.kernel import ConflictError, CustomerId, RejectedError
from hub.domain.watchlists.watchlist import MOST_WATCHLISTS, Watchlist, check_length


class CreateWatchlistCommand(NamedTuple):
    customer_id: CustomerId
    name: str
    symbols: Sequence[str]
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class CreateWatchlist:
    lists: Lists
    clock: Clock
    ids: Ids

    def __call__(self, command: CreateWatchlistCommand) -> Watchlist:
        """Raises ConflictError for a name that is taken, and for a key that was used for another
        watchlist; RejectedError for too many of them, or too many or unknown symbols."""
        watched, now = self.lists.watched(command.symbols), self.clock.now()
        check_length(watched)
        new = Watchlist(
            self._id(command), command.customer_id, command.name, tuple(watched), now, now
        )
        try:
            created, repeated = self.lists.watchlists.create(new, MOST_WATCHLISTS)
        except NameTakenError as error:
            raise name_taken() from error
        if created:
            return new
        if repeated:
            return self._repeated(new)
        message = f"a customer has at most {MOST_WATCHLISTS} watchlists"
        raise RejectedError(message, code="too_many_watchlists")

    def _repeated(self, new: Watchlist) -> Watchlist:
        known = self.lists.watchlists.find(new.customer_id, new.watchlist_id)
        if known is None:
            raise no_watchlist()
        if (known.name, known.watched) != (new.name, new.watched):
            raise ConflictError("this key was used for another watchlist", code="key_reused")
        return known

    def _id(self, command: CreateWatchlistCommand) -> str:
        if command.idempotency_key is None:
            return self.ids.new()
        return str(uuid5(UUID(command.customer_id), f"watchlist {command.idempotency_key}"))
