"""The cache in Redis. A value is the moment at which it was stored, a line break, and its text."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hub.adapters.redis.link import RedisLink
from hub.application.ports.cache import Entry, Stored
from hub.application.ports.system import Clock

if TYPE_CHECKING:
    from redis import Redis

RESERVED = "making:"
_HEAD = 39
_BATCH = 500


class RedisCache:
    def __init__(self, link: RedisLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock

    def get(self, keys: Sequence[str]) -> Sequence[Stored | None]:
        # Not MGET: behind a cluster the keys lie in several slots.
        def work(client: "Redis") -> list[bytes | None]:
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.get(key)
                return list(pipeline.execute())

        return [_stored(value) for value in self._link.run(work)]

    def put(self, texts: Mapping[str, str], life: timedelta) -> None:
        head = self._clock.now().isoformat()

        def work(client: "Redis") -> None:
            with client.pipeline(transaction=False) as pipeline:
                for key, text in texts.items():
                    pipeline.set(key, f"{head}\n{text}", px=life)
                pipeline.execute()

        self._link.run(work)

    def reserve(self, keys: Sequence[str], life: timedelta) -> Sequence[str]:
        def work(client: "Redis") -> list[bool | None]:
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(RESERVED + key, "", px=life, nx=True)
                return list(pipeline.execute())

        taken = self._link.run(work)
        return [key for key, ours in zip(keys, taken, strict=True) if ours]

    def release(self, keys: Sequence[str]) -> None:
        self.drop([RESERVED + key for key in keys])

    def drop(self, keys: Sequence[str]) -> int:
        def work(client: "Redis") -> list[int]:
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.unlink(key)
                return list(pipeline.execute())

        return sum(self._link.run(work))

    def entries(self, start: str) -> Sequence[Entry]:
        def work(client: "Redis") -> dict[bytes, bytes]:
            # A scan may name a key twice.
            keys = list(set(client.scan_iter(match=f"{start}*", count=_BATCH)))
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.getrange(key, 0, _HEAD)
                return dict(zip(keys, pipeline.execute(), strict=True))

        found = [(key.decode(), _stored(head)) for key, head in self._link.run(work).items()]
        return [Entry(key, stored.at) for key, stored in found if stored]


def _stored(value: bytes | None) -> Stored | None:
    """None too for what has expired by now, or was written by nobody of ours."""
    if not value:
        return None
    head, _, text = value.decode("utf-8", "replace").partition("\n")
    try:
        return Stored(text, datetime.fromisoformat(head))
    except ValueError:
        return None
