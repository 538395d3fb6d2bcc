"""A client of the account stream has gone."""

from dataclasses import dataclass

from hub.application.ports.streaming import Connections


@dataclass(frozen=True, slots=True)
class CloseConnection:
    connections: Connections

    def __call__(self, connection_id: str) -> None:
        self.connections.close(connection_id)
