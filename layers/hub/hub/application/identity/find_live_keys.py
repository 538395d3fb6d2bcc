"""Which of the keys that something is open by are still good."""

from collections.abc import Collection
from dataclasses import dataclass

from hub.application.ports.identity import ApiKeys
from hub.application.ports.system import Clock


@dataclass(frozen=True, slots=True)
class FindLiveKeys:
    api_keys: ApiKeys
    clock: Clock

    def __call__(self, key_ids: Collection[str]) -> Collection[str]:
        """Raises UnavailableError."""
        return self.api_keys.live(key_ids, self.clock.now())
