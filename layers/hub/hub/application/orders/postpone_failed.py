"""Have messages that could not be processed delivered again, soon at first, then later."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.messages import Failed, Redeliveries
from hub.domain.kernel import UnavailableError
from hub.domain.orders.recovery import seconds_hidden

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PostponeFailed:
    """What cannot be postponed comes again when its queue's visibility ends."""

    redeliveries: Redeliveries

    def __call__(self, failed: Sequence[Failed]) -> None:
        for each in failed:
            try:
                self.redeliveries.hide(each, seconds_hidden(each.deliveries))
            except UnavailableError as error:
                logger.warning("a failed message keeps its visibility: %s", error.detail)
                return
