"""A client shows a fresh credential before the one it came with expires."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.identity.authorize import Authorize
from hub.application.ports.streaming import Connection, Connections
from hub.application.streaming.telling import Telling
from hub.domain.identity import scopes
from hub.domain.kernel import ForbiddenError


class RenewConnectionCommand(NamedTuple):
    connection: Connection
    credential: str


@dataclass(frozen=True, slots=True)
class RenewConnection:
    authorize: Authorize
    connections: Connections
    telling: Telling

    def __call__(self, command: RenewConnectionCommand) -> None:
        """Raises UnauthenticatedError, ForbiddenError for another's, and UnavailableError."""
        connection = command.connection
        identity = self.authorize(command.credential)
        if (identity.customer_id, identity.account_id) != (
            connection.customer_id,
            connection.account_id,
        ):
            raise ForbiddenError("the connection is somebody else's", code="not_yours")
        if not scopes.allows(identity.scope, scopes.READ):
            raise ForbiddenError(f"this needs the scope {scopes.READ}", code="scope")
        self.connections.renew(connection.connection_id, identity.session_id, identity.expires_at)
        until = identity.expires_at.isoformat().replace("+00:00", "Z")
        self.telling.say(connection.connection_id, {"type": "renewed", "expires_at": until})
