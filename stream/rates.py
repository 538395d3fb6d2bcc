"""How much may be asked in a time: by one client on its connection, by one customer over all."""

from time import monotonic

from hub.domain.kernel import CustomerId, ThrottledError

CALLS_PER_SECOND = 50.0
CALLS_AT_ONCE = 200.0
# Who was counted longest ago is forgotten, and begins anew.
_MOST_COUNTED = 20_000


class TooManyCallsError(ThrottledError):
    code = "too_many_calls"


class Pace:
    """At most `rate` messages a second on the long run, `burst` at once."""

    __slots__ = ("_burst", "_left", "_rate", "_seen")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._seen = now

    def takes(self, now: float) -> bool:
        self._left = min(self._burst, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Rates:
    """The calls, tickets and new streams of each customer, over all protocols of this task."""

    def __init__(self, streams: int) -> None:
        # Whoever may have so many streams may open them, and once more, at a stretch.
        self._at_once = max(CALLS_AT_ONCE, 2.0 * streams)
        self._paces: dict[CustomerId, Pace] = {}

    def take(self, customer_id: CustomerId) -> None:
        """Raises TooManyCallsError."""
        now = monotonic()
        pace = self._paces.pop(customer_id, None) or Pace(CALLS_PER_SECOND, self._at_once, now)
        self._paces[customer_id] = pace
        if len(self._paces) > _MOST_COUNTED:
            del self._paces[next(iter(self._paces))]
        if not pace.takes(now):
            raise TooManyCallsError(f"at most {CALLS_PER_SECOND:g} calls a second", seconds=1)
