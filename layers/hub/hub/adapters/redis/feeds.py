"""The market's source as Redis shows it, and wishes of its clock, which it takes from Redis.

Written and read by the stream task: `course` in `market:clock`, the stream `market:wishes`, and
`market:wish:{number}` for what became of a wish.
"""

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.adapters.redis.link import RedisLink
from hub.adapters.redis.market_data import CLOCK_KEY
from hub.application.ports.cache import CacheDownError
from hub.application.ports.market import Feed
from hub.application.ports.system import Clock
from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.market.clock import clock_from_record
from hub.domain.market.course import Wish, course_from_record, wish_record

WISHES_KEY = "market:wishes"
OUTCOME_KEY = "market:wish:"
_KEPT = 1_000
# A leader that crashed is followed by the next within two seconds.
_TAKEN_WITHIN = timedelta(seconds=4)
_TOLD_WITHIN = timedelta(seconds=1)
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class RedisFeeds:
    link: RedisLink
    clock: Clock

    def read(self) -> Feed:
        record = self._ask(lambda client: client.get(CLOCK_KEY))
        try:
            known = json.loads(record or "{}")
            return Feed(clock_from_record(known), course_from_record(known["course"]))
        except (ValueError, KeyError, TypeError) as error:
            raise UnavailableError("nobody keeps the market's clock", code="no_feed") from error

    def wish(self, wanted: Wish) -> None:
        until = self.clock.now() + _TAKEN_WITHIN
        text = json.dumps({**wish_record(wanted), "until": until.isoformat()})
        number = self._ask(
            lambda client: client.xadd(WISHES_KEY, {"wish": text}, maxlen=_KEPT, approximate=True)
        )
        key = OUTCOME_KEY + number.decode()
        given_up_at = time.monotonic() + (_TAKEN_WITHIN + _TOLD_WITHIN).total_seconds()
        while (outcome := self._ask(lambda client: client.get(key))) is None:
            if time.monotonic() > given_up_at:
                raise UnavailableError("the market's source does not answer", code="no_feed")
            time.sleep(_LOOK_EVERY)
        _check(json.loads(outcome))

    def _ask(self, work: Any) -> Any:
        try:
            return self.link.run(work)
        except CacheDownError as error:
            raise UnavailableError("redis does not answer", code="no_feed") from error


def _check(outcome: dict[str, Any]) -> None:
    if outcome["refused"]:
        error = RejectedError(str(outcome["detail"]))
        error.code = outcome["refused"]
        raise error
