"""What happens in one account, by server-sent events.

`GET /accounts/{account_id}/stream`, with a header or `?ticket=`. An event's id is its number in the
account's log: a client that comes back with `Last-Event-ID` misses nothing.
"""

import re
from collections.abc import Mapping

from hub.application.ports.identity import Identity
from hub.application.streaming.telling import beginning
from hub.domain.kernel import AccountId, InvalidInputError, NotFoundError
from stream.account_news import AccountNews
from stream.door import Door, Request
from stream.encoding import numbered_event
from stream.session import House

_PATH = re.compile(r"/accounts/([^/]+)/stream")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


def account_in(path: str) -> str | None:
    """What the path names where it is one of these streams."""
    found = _PATH.fullmatch(path)
    return found[1] if found else None


async def place_of(
    account: str, request: Request, identity: Identity, news: AccountNews
) -> tuple[AccountId, int]:
    """The account, and after which number its events are to be told. Raises HubError."""
    if not _ID.fullmatch(account):
        raise InvalidInputError("account_id is a UUID, in small letters")
    account_id, after = AccountId(account), _after(request.headers, request.query)
    if identity.account_id not in {None, account_id}:
        raise NotFoundError("there is no such account")
    head = await news.head(identity.customer_id, account_id)
    return account_id, beginning(head, after)


def _after(headers: Mapping[str, str], query: Mapping[str, str]) -> int | None:
    """A browser that comes back asks for the same URL, and says in the header where it was."""
    text = headers.get("last-event-id") or query.get("last_event_id") or query.get("after")
    if text is not None and not _NUMBER.fullmatch(text):
        raise InvalidInputError("Last-Event-ID and after are the number of the last event received")
    return None if text is None else int(text)


class AccountSource:
    """Tells whatever follows a place in the log."""

    kind = "account_sse"

    def __init__(
        self, door: Door, house: House, news: AccountNews, place: tuple[AccountId, int]
    ) -> None:
        self._door = door
        self._house = house
        self._news = news
        self._place = place

    def enter(self, identity: Identity) -> None:
        self._house.admit(identity)

    def begin(self) -> None:
        # Its number is the place, so that also who leaves before the first event finds back.
        account_id, after = self._place
        told = {"account_id": account_id, "sequence": after}
        self._door.write(numbered_event(after, "subscribed", told))
        self._news.join(self, self._place)

    @property
    def ready(self) -> bool:
        return not (self._door.blocked or self._door.gone)

    def tell(self, frames: bytes, count: int) -> None:
        self._house.counts.deliveries += count
        self._house.counts.sends += 1
        self._door.write(frames)

    def writable(self) -> None:
        """The next look finds it ready."""

    def leave(self) -> None:
        self._news.leave(self)
