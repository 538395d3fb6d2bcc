"""API keys as the stream task knows them: looked up in a thread, believed for a moment, watched
while a stream is open by them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import NamedTuple, TypeVar

from hub.application.ports.identity import Identity
from hub.domain.kernel import UnauthenticatedError, UnavailableError

_T = TypeVar("_T")
log = logging.getLogger(__name__)

# So long a key that was revoked may still be taken, and its streams go on.
BELIEVED_SECONDS = 5.0
# So long streams go on while nobody can say whether their keys still live: an access token's life.
UNCHECKED_SECONDS = 600.0
_ANSWER_WITHIN = 5.0
# Anybody can send what looks like a key: more of them at once do not wait for the database.
_MOST_AT_ONCE = 100
_KEPT = 10_000


class _Known(NamedTuple):
    identity: Identity
    since: float


class Keys:
    """`look_up` finds whom a key speaks for, `live` which of some keys' ids are good; both raise
    UnavailableError, and are called in one thread."""

    def __init__(
        self,
        look_up: Callable[[str], Identity],
        live: Callable[[Collection[str]], Collection[str]],
    ) -> None:
        self._look_up = look_up
        self._live = live
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._known: dict[bytes, _Known] = {}
        self._asked: dict[bytes, asyncio.Future[Identity]] = {}
        self._open: Counter[str] = Counter()
        self._ended: set[str] = set()
        self._checked = monotonic()

    def at_hand(self, key: str) -> Identity | None:
        """None where it has to be found."""
        known = self._known.get(_digest(key))
        if known is None or monotonic() - known.since >= BELIEVED_SECONDS:
            return None
        return known.identity if known.identity.expires_at > datetime.now(UTC) else None

    async def find(self, key: str) -> Identity:
        """Many who ask for one key at once ask the database once. Raises UnauthenticatedError and
        UnavailableError."""
        digest = _digest(key)
        asked = self._asked.get(digest)
        if asked is None:
            if len(self._asked) >= _MOST_AT_ONCE:
                raise UnavailableError("too many keys are being looked up")
            asked = self._asked[digest] = asyncio.ensure_future(self._ask(digest, key))
            asked.add_done_callback(lambda done: self._answered(digest, done))
        return await asyncio.shield(asked)

    def entered(self, identity: Identity) -> None:
        """A stream is open by this credential, which may be a key."""
        if identity.account_id is not None:
            self._open[identity.session_id] += 1

    def left(self, identity: Identity) -> None:
        if identity.account_id is None:
            return
        self._open[identity.session_id] -= 1
        if not self._open[identity.session_id]:
            del self._open[identity.session_id]
            self._ended.discard(identity.session_id)

    def has_ended(self, identity: Identity) -> bool:
        return identity.account_id is not None and identity.session_id in self._ended

    async def watch(self) -> None:
        """Ends, before long, what is open by a key that is good no more."""
        while True:
            await asyncio.sleep(BELIEVED_SECONDS)
            await self.check()

    async def check(self) -> None:
        wanted = frozenset(self._open)
        if not wanted:
            self._checked = monotonic()
            return
        try:
            live = frozenset(await self._run(lambda: self._live(wanted)))
        except UnavailableError as error:
            log.warning("keys are not checked: %s", error.detail)
            live = wanted if monotonic() - self._checked < UNCHECKED_SECONDS else frozenset()
        else:
            self._checked = monotonic()
        self._ended |= (wanted - live) & self._open.keys()

    async def _ask(self, digest: bytes, key: str) -> Identity:
        identity = await self._run(lambda: self._look_up(key))
        while len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[digest] = _Known(identity, monotonic())
        return identity

    async def _run(self, work: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await loop.run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise UnavailableError("keys cannot be looked up in time") from error

    def _answered(self, digest: bytes, done: asyncio.Future[Identity]) -> None:
        del self._asked[digest]
        if not done.cancelled():
            # Whoever asked may have gone: then nobody else takes note of what it raised.
            done.exception()


def no_keys() -> Keys:
    """Where none are known."""

    def nobody(_key: str) -> Identity:
        raise UnauthenticatedError("the key is not valid", code="bad_key")

    return Keys(nobody, lambda _ids: ())


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
