"""How much one connection may ask of the server before it is told to be calm."""

MAX_STREAMS = 1_000
# As gRPC counts them: names, values and 32 bytes each. What is longer is refused; far longer, or
# longer as it comes, ends the connection.
MAX_HEADER_LIST_BYTES = 16 * 1024
MAX_EXPANDED_BYTES = 64 * 1024
MAX_BLOCK_BYTES = 16 * 1024
MAX_CONTINUATIONS = 16
HEAD_WITHIN = 10.0
# What waits for the windows of one connection.
MAX_HELD_BYTES = 4 * 1024 * 1024
# What came of messages that are not yet whole.
MAX_GATHERED_BYTES = 1024 * 1024
# Answers to frames that cost the client nothing, for a client that does not read them.
MAX_UNSENT_BYTES = 1024 * 1024
KEEPALIVE_SECONDS = 30.0
KEEPALIVE_WITHIN = 20.0

# Streams that are opened and reset again at once: a client may end all that it has, and some more.
_RESETS_PER_SECOND = 100.0
_RESETS_AT_ONCE = 2.0 * MAX_STREAMS
# Pings, settings, window updates and all that carries nothing. One that is sent much may answer
# much: what it is sent adds to it.
_SMALL_PER_SECOND = 1_000.0
_SMALL_AT_ONCE = 10_000.0
BYTES_SENT_FOR_ONE = 1024.0
# New settings may change the window of every stream.
SETTINGS_COST = 100.0


class Budget:
    """So much a second on the long run, and `most` at once."""

    __slots__ = ("_left", "_most", "_rate", "_seen")

    def __init__(self, rate: float, most: float, now: float) -> None:
        self._rate = rate
        self._left = self._most = most
        self._seen = now

    def spend(self, cost: float, now: float) -> bool:
        """Whether there was enough left."""
        self._left = min(self._most, self._left + (now - self._seen) * self._rate) - cost
        self._seen = now
        return self._left >= 0

    def earn(self, gain: float) -> None:
        self._left = min(self._most, self._left + gain)


def resets(now: float) -> Budget:
    return Budget(_RESETS_PER_SECOND, _RESETS_AT_ONCE, now)


def small_frames(now: float) -> Budget:
    return Budget(_SMALL_PER_SECOND, _SMALL_AT_ONCE, now)
