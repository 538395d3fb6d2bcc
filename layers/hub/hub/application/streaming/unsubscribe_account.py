"""A client wants to hear no more of an account."""

from dataclasses import dataclass

from hub.application.ports.streaming import Connections, Subscription
from hub.application.streaming.telling import Telling
from hub.domain.kernel import AccountId, NotFoundError


@dataclass(frozen=True, slots=True)
class UnsubscribeAccount:
    connections: Connections
    telling: Telling

    def __call__(self, connection_id: str, account_id: AccountId) -> None:
        """Raises NotFoundError and UnavailableError."""
        if not self.connections.unsubscribe(Subscription(connection_id, account_id)):
            raise NotFoundError("the connection has no such subscription")
        self.telling.say(connection_id, {"type": "unsubscribed", "account_id": account_id})
