"""Where watchlists are kept."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


class CreatedWatchlist(NamedTuple):
    """`repeated`: it was there already. Neither: there are as many as there may be."""

    created: bool
    repeated: bool


class NameTakenError(Exception):
    """The customer has another watchlist of this name."""


class Watchlists(Protocol):
    def create(self, new: Watchlist, most: int) -> CreatedWatchlist:
        """Raises NameTakenError."""

    def of(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Watchlist]:
        """Oldest first, after a place among them."""

    def find(self, customer_id: CustomerId, watchlist_id: str) -> Watchlist | None: ...

    def find_shared(self, link_hash: bytes) -> Watchlist | None: ...

    def change(
        self, customer_id: CustomerId, watchlist_id: str, decide: Callable[[Watchlist], Watchlist]
    ) -> Watchlist | None:
        """What `decide` makes of it, under its lock. None: there is none. Raises NameTakenError."""

    def link(self, customer_id: CustomerId, watchlist_id: str, link_hash: bytes | None) -> bool:
        """The only link that leads to it from now on; None for none. Whether it is there."""

    def delete(self, customer_id: CustomerId, watchlist_id: str) -> bool:
        """Whether it was there."""
