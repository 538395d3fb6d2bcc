"""Hang up on clients whose credential has expired or ended, and forget those that have gone."""

import logging
from dataclasses import dataclass

from hub.application.ports.streaming import Connections, Posts
from hub.application.ports.system import Clock
from hub.application.streaming.telling import Telling
from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)
BATCH = 200
EXPIRED = {"type": "error", "code": "auth_expired", "detail": "the credential is good no more"}


@dataclass(frozen=True, slots=True)
class EndExpiredConnections:
    connections: Connections
    posts: Posts
    telling: Telling
    clock: Clock

    def __call__(self) -> int:
        """How many were ended."""
        expired = self.connections.expired(self.clock.now(), BATCH)
        for connection_id in expired:
            try:
                self.telling.say(connection_id, EXPIRED)
                self.posts.end(connection_id)
            except UnavailableError as error:
                # It is told nothing more in any case; the gateway hangs up by itself one day.
                logger.warning("an expired connection stays open: %s", error.detail)
            self.connections.close(connection_id)
        return len(expired)
