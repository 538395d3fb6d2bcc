"""Who may open a stream, by token, key or ticket, and how many of them."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from hub.application.ports.identity import Identity
from hub.domain.identity import scopes
from hub.domain.identity.api_keys import is_key
from hub.domain.kernel import CustomerId, ForbiddenError, UnauthenticatedError
from stream.api_keys import Keys, no_keys
from stream.rates import Rates
from stream.redis_tickets import RedisTickets

MAX_STREAMS = 20

# Returns who the bearer of a token is; raises UnauthenticatedError.
Verify = Callable[[str], Identity]


class Guests:
    """Every customer has a limited number of streams, over all protocols of this task; none where
    the market's data may not be shown onward."""

    def __init__(
        self,
        verify: Verify,
        tickets: RedisTickets,
        most: int = MAX_STREAMS,
        *,
        redistributes: bool = True,
        keys: Keys | None = None,
    ) -> None:
        self._verify = verify
        self._keys = no_keys() if keys is None else keys
        self._tickets = tickets
        self._most = most
        self._redistributes = redistributes
        self._open: Counter[CustomerId] = Counter()
        self._rates = Rates(most)

    def known(self, credential: str) -> Identity | None:
        """Who bears it; None for a key that has to be `found`. Raises UnauthenticatedError, and
        ForbiddenError for who may read nothing."""
        if is_key(credential):
            identity = self._keys.at_hand(credential)
            return identity and _reader(identity)
        return _reader(self._verify(credential))

    async def found(self, credential: str) -> Identity:
        """The same, and UnavailableError."""
        return self.known(credential) or _reader(await self._keys.find(credential))

    async def ticket(self, credential: str) -> str:
        """One that opens a stream within half a minute, once. Raises HubError."""
        identity = await self.found(credential)
        self.called(identity)
        return await self._tickets.issue(identity)

    async def redeemed(self, ticket: str) -> Identity:
        """Raises HubError."""
        identity = await self._tickets.redeem(ticket)
        if identity is None or identity.expires_at <= datetime.now(UTC):
            raise UnauthenticatedError("the ticket is not valid", code="bad_ticket")
        return identity

    def called(self, identity: Identity) -> None:
        """One thing more is asked for. Raises ThrottledError."""
        self._rates.take(identity.customer_id)

    def enter(self, identity: Identity) -> None:
        """For the market's data. Raises as `admit`. Who entered leaves."""
        if not self._redistributes:
            raise ForbiddenError(
                "the source of this market's data does not allow it to be streamed onward",
                code="not_redistributable",
            )
        self.admit(identity)

    def admit(self, identity: Identity) -> None:
        """For what is theirs. Raises ForbiddenError, ThrottledError. Who was admitted leaves."""
        self.called(identity)
        if self._open[identity.customer_id] >= self._most:
            raise ForbiddenError(f"at most {self._most} streams", code="too_many_streams")
        self._open[identity.customer_id] += 1
        self._keys.entered(identity)

    def change(self, earlier: Identity, identity: Identity) -> None:
        """A stream goes on by another credential of its customer."""
        self._keys.left(earlier)
        self._keys.entered(identity)

    def ending(self, identity: Identity, now: datetime) -> UnauthenticatedError | None:
        """Why who entered may stay no longer, if so."""
        if identity.expires_at <= now:
            return UnauthenticatedError("the token has expired", code="token_expired")
        if self._keys.has_ended(identity):
            return UnauthenticatedError("the key is good no more", code="key_ended")
        return None

    def leave(self, identity: Identity) -> None:
        self._open[identity.customer_id] -= 1
        if not self._open[identity.customer_id]:
            del self._open[identity.customer_id]
        self._keys.left(identity)


def _reader(identity: Identity) -> Identity:
    """Raises ForbiddenError."""
    if not scopes.allows(identity.scope, scopes.READ):
        raise ForbiddenError(f"this needs the scope {scopes.READ}", code="scope")
    return identity


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises UnauthenticatedError."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("the header is not `Authorization: Bearer <token>`")
    return token
