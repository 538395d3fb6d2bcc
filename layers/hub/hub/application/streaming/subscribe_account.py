"""A client wants to be told what happens in an account, from now on or from where it was."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.streaming import (
    AccountLog,
    Connection,
    Connections,
    Subscription,
)
from hub.application.streaming.telling import Telling, beginning
from hub.domain.kernel import AccountId, NotFoundError, RejectedError

MOST_SUBSCRIPTIONS = 20


class SubscribeAccountCommand(NamedTuple):
    """`after` is the last sequence number that the client has seen; None begins with now."""

    connection: Connection
    account_id: AccountId
    after: int | None


@dataclass(frozen=True, slots=True)
class SubscribeAccount:
    connections: Connections
    log: AccountLog
    telling: Telling

    def __call__(self, command: SubscribeAccountCommand) -> int:
        """After which sequence number the events begin, all of which the client is told.

        Raises NotFoundError, also for another's account, RejectedError and UnavailableError.
        """
        connection = command.connection
        if connection.account_id not in {None, command.account_id}:
            raise NotFoundError("there is no such account")
        head = self.log.head(connection.customer_id, command.account_id)
        after = beginning(head, command.after)
        subscription = Subscription(connection.connection_id, command.account_id)
        if not self.connections.subscribe(subscription, after, MOST_SUBSCRIPTIONS):
            detail = f"a connection has at most {MOST_SUBSCRIPTIONS} accounts"
            raise RejectedError(detail, code="too_many_accounts")
        answer = {"type": "subscribed", "account_id": command.account_id, "sequence": after}
        self.telling.say(connection.connection_id, answer)
        # Whatever came between looking and subscribing was told to nobody.
        self.telling.catch_up(subscription)
        return after
