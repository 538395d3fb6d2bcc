"""What is left to do to customers' keys: destroy those of the erased, wrap the others anew."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.application.ports.vault import KeyDuties, Rewrapping, Shredding
from hub.domain.kernel import CustomerId, UnavailableError

logger = logging.getLogger(__name__)

BATCH = 100
MOST_BATCHES = 20
# One key that cannot be opened keeps no other waiting; so many are no matter of single keys.
MOST_FAILURES = 10

Due = Callable[[CustomerId | None], Sequence[CustomerId]]


@dataclass(frozen=True, slots=True)
class TendKeys:
    key_duties: KeyDuties
    shredding: Shredding
    rewrapping: Rewrapping

    def __call__(self) -> int:
        """How many keys that were. What is left after the last batch is done next time.

        Raises UnavailableError after some failures; what was done by then is done.
        """
        master = self.rewrapping.master
        shredded = _each(lambda after: self.key_duties.to_shred(after, BATCH), self._shred)
        return shredded + _each(
            lambda after: self.key_duties.wrapped_otherwise(master, after, BATCH),
            lambda customer_id: self._rewrap(customer_id, master),
        )

    def _shred(self, customer_id: CustomerId) -> None:
        self.shredding.shred(customer_id)
        self.key_duties.shredded(customer_id)

    def _rewrap(self, customer_id: CustomerId, master: str) -> None:
        self.rewrapping.rewrap(customer_id)
        self.key_duties.wrapped(customer_id, master)


def _each(due: Due, work: Callable[[CustomerId], None]) -> int:
    done = failures = 0
    after = None
    for _ in range(MOST_BATCHES):
        batch = due(after)
        for customer_id in batch:
            try:
                work(customer_id)
            except UnavailableError as error:
                logger.warning("the key of %s was left: %s", customer_id, error.detail)
                failures += 1
                if failures == MOST_FAILURES:
                    raise
            else:
                done += 1
        if len(batch) < BATCH:
            break
        after = batch[-1]
    return done
