"""Everything that is kept of a person, for that person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.identity import People, PersonalData
from hub.application.ports.notifications import CustomersPreferences
from hub.application.ports.watchlists import Watchlists
from hub.domain.kernel import CustomerId, UnauthenticatedError
from hub.domain.notifications.preferences import Preferences
from hub.domain.watchlists.watchlist import MOST_WATCHLISTS, Watchlist


class Export(NamedTuple):
    person: PersonalData
    watchlists: Sequence[Watchlist]
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class ExportMe:
    people: People
    watchlists: Watchlists
    preferences: CustomersPreferences

    def __call__(self, customer_id: CustomerId) -> Export:
        data = self.people.all_of(customer_id)
        if data is None:
            raise UnauthenticatedError("the token's customer is gone")
        watchlists = self.watchlists.of(customer_id, None, MOST_WATCHLISTS)
        return Export(data, watchlists, self.preferences.of(customer_id))
