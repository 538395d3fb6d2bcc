"""The use cases of the account stream, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.identity import IdentityUseCases

if TYPE_CHECKING:
    from hub.application.ports.streaming import AccountLog, Connections, Posts
    from hub.application.streaming.close_connection import CloseConnection
    from hub.application.streaming.deliver_account_events import DeliverAccountEvents
    from hub.application.streaming.end_expired_connections import EndExpiredConnections
    from hub.application.streaming.list_account_events import ListAccountEvents
    from hub.application.streaming.open_connection import OpenConnection
    from hub.application.streaming.renew_connection import RenewConnection
    from hub.application.streaming.subscribe_account import SubscribeAccount
    from hub.application.streaming.telling import Telling
    from hub.application.streaming.unsubscribe_account import UnsubscribeAccount


class StreamingUseCases(IdentityUseCases):
    """See the use cases of the same names."""

    @cached_property
    def account_log(self) -> "AccountLog":
        from hub.adapters.postgres.streaming import PostgresAccountLog

        return PostgresAccountLog(self.database)

    @cached_property
    def connections(self) -> "Connections":
        from hub.adapters.postgres.streaming import PostgresConnections

        return PostgresConnections(self.database)

    @cached_property
    def posts(self) -> "Posts":
        from hub.adapters.aws.posts import ApiGatewayPosts

        return ApiGatewayPosts(self._connections_api())

    @cached_property
    def telling(self) -> "Telling":
        from hub.application.streaming.telling import Telling

        return Telling(self.connections, self.account_log, self.posts)

    @cached_property
    def open_connection(self) -> "OpenConnection":
        from hub.application.streaming.open_connection import OpenConnection

        return OpenConnection(self.connections, self.clock, self.settings.allowed_origin)

    @cached_property
    def close_connection(self) -> "CloseConnection":
        from hub.application.streaming.close_connection import CloseConnection

        return CloseConnection(self.connections)

    @cached_property
    def subscribe_account(self) -> "SubscribeAccount":
        from hub.application.streaming.subscribe_account import SubscribeAccount

        return SubscribeAccount(self.connections, self.account_log, self.telling)

    @cached_property
    def unsubscribe_account(self) -> "UnsubscribeAccount":
        from hub.application.streaming.unsubscribe_account import UnsubscribeAccount

        return UnsubscribeAccount(self.connections, self.telling)

    @cached_property
    def renew_connection(self) -> "RenewConnection":
        from hub.application.streaming.renew_connection import RenewConnection

        return RenewConnection(self.authorize, self.connections, self.telling)

    @cached_property
    def deliver_account_events(self) -> "DeliverAccountEvents":
        from hub.application.streaming.deliver_account_events import DeliverAccountEvents

        return DeliverAccountEvents(self.connections, self.telling, self.clock)

    @cached_property
    def list_account_events(self) -> "ListAccountEvents":
        from hub.application.streaming.list_account_events import ListAccountEvents

        return ListAccountEvents(self.account_log)

    @cached_property
    def end_expired_connections(self) -> "EndExpiredConnections":
        from hub.application.streaming.end_expired_connections import EndExpiredConnections

        return EndExpiredConnections(self.connections, self.posts, self.telling, self.clock)
