"""Who may open a stream, by token or by ticket, and how many of them."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from hub.application.ports.identity import Identity
from hub.domain.kernel import CustomerId, ForbiddenError, UnauthenticatedError
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
    ) -> None:
        self.verify = verify
        self._tickets = tickets
        self._most = most
        self._redistributes = redistributes
        self._open: Counter[CustomerId] = Counter()

    async def ticket(self, token: str) -> str:
        """One that opens a stream within half a minute, once. Raises HubError."""
        return await self._tickets.issue(self.verify(token))

    async def redeemed(self, ticket: str) -> Identity:
        """Raises HubError."""
        identity = await self._tickets.redeem(ticket)
        if identity is None or identity.expires_at <= datetime.now(UTC):
            raise UnauthenticatedError("the ticket is not valid", code="bad_ticket")
        return identity

    def enter(self, identity: Identity) -> None:
        """For the market's data. Raises ForbiddenError. Who entered leaves."""
        if not self._redistributes:
            raise ForbiddenError(
                "the source of this market's data does not allow it to be streamed onward",
                code="not_redistributable",
            )
        self.admit(identity)

    def admit(self, identity: Identity) -> None:
        """For what is theirs. Raises ForbiddenError. Who was admitted leaves."""
        if self._open[identity.customer_id] >= self._most:
            raise ForbiddenError(f"at most {self._most} streams", code="too_many_streams")
        self._open[identity.customer_id] += 1

    def leave(self, identity: Identity) -> None:
        self._open[identity.customer_id] -= 1
        if not self._open[identity.customer_id]:
            del self._open[identity.customer_id]


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises UnauthenticatedError."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("the header is not `Authorization: Bearer <token>`")
    return token
