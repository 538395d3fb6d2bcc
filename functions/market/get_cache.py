"""GET /admin/market-data/cache: what the cache holds, and how old it is."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class FamilyOut(Outgoing):
    """Entries of one kind (docs/cache.md); ages in seconds, null where there is none."""

    name: str
    entries: int
    youngest_seconds: float | None
    oldest_seconds: float | None


class CacheOut(Outgoing):
    entries: int
    families: list[FamilyOut]


@api.get("/admin/market-data/cache", scope="admin", problems=(503,))
def get_cache(caller: Caller) -> CacheOut:  # noqa: ARG001  # only for who is known
    families = [
        FamilyOut(
            name=each.name,
            entries=each.entries,
            youngest_seconds=each.youngest.total_seconds() if each.youngest is not None else None,
            oldest_seconds=each.oldest.total_seconds() if each.oldest is not None else None,
        )
        for each in hub().get_cache()
    ]
    return CacheOut(entries=sum(each.entries for each in families), families=families)


handler = api.handler()
