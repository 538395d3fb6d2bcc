"""Something happened in some accounts: tell whoever listens."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hub.application.ports.streaming import Connections
from hub.application.ports.system import Clock
from hub.application.streaming.telling import Telling
from hub.domain.kernel import AccountId, UnavailableError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliverAccountEvents:
    connections: Connections
    telling: Telling
    clock: Clock

    def __call__(self, account_ids: Sequence[AccountId]) -> Collection[AccountId]:
        """The accounts of which somebody could not be told everything: to be tried again."""
        failed: set[AccountId] = set()
        wanted = list(dict.fromkeys(account_ids))
        for subscription in self.connections.listening(wanted, self.clock.now()):
            try:
                self.telling.catch_up(subscription)
            except UnavailableError as error:
                logger.warning("a subscriber was not told: %s", error.detail)
                failed.add(subscription.account_id)
        return failed
