"""Somebody connects to the account stream."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.ports.streaming import Connection, Connections
from hub.application.ports.system import Clock
from hub.domain.identity import scopes
from hub.domain.kernel import AccountId, CustomerId, ForbiddenError, ThrottledError

MOST_CONNECTIONS = 20
_TRY_AGAIN_SECONDS = 60


class OpenConnectionCommand(NamedTuple):
    """`origin` is the page's that connects; None where it is no page."""

    connection_id: str
    customer_id: CustomerId
    session_id: str
    scope: str
    account_id: AccountId | None
    expires_at: datetime
    origin: str | None


@dataclass(frozen=True, slots=True)
class OpenConnection:
    connections: Connections
    clock: Clock
    allowed_origin: str

    def __call__(self, command: OpenConnectionCommand) -> None:
        """Raises ForbiddenError, and ThrottledError where the customer has too many."""
        if not scopes.allows(command.scope, scopes.READ):
            raise ForbiddenError(f"this needs the scope {scopes.READ}", code="scope")
        # A page of a stranger may not use what a browser knows of its visitor.
        if command.origin not in {None, self.allowed_origin}:
            raise ForbiddenError("pages of this origin may not connect", code="origin")
        connection = Connection(
            command.connection_id,
            command.customer_id,
            command.session_id,
            command.account_id,
            self.clock.now(),
            command.expires_at,
        )
        if not self.connections.open(connection, MOST_CONNECTIONS):
            detail = f"a customer has at most {MOST_CONNECTIONS} connections"
            raise ThrottledError(detail, seconds=_TRY_AGAIN_SECONDS)
