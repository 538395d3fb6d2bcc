"""Watchlists over HTTP: in the customer's order, with live quotes, and shared by link."""

from threading import Barrier, Thread
from typing import Any

import pytest

from hub.application.watchlists.watch_symbol import WatchSymbolCommand
from hub.domain.watchlists.watchlist import MOST_SYMBOLS, MOST_WATCHLISTS
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer, World

SYMBOLS = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]


def create(
    front: Front, me: Customer, name: str = "Mine", *symbols: str, key: str | None = None
) -> Answer:
    body = {"name": name, "symbols": list(symbols)}
    headers = {"Idempotency-Key": key} if key else None
    return front.call("watchlists.create_watchlist", me, body=body, headers=headers)


def call(front: Front, name: str, me: Customer, watchlist_id: str, **more: Any) -> Answer:
    path = {"watchlist_id": watchlist_id, **more.pop("path", {})}
    return front.call(f"watchlists.{name}", me, path=path, **more)


def listing_more(world: World, count: int) -> list[str]:
    """So many more instruments, by symbol."""
    symbols = [f"X{n:02}" for n in range(count)]
    for symbol in symbols:
        world.sql(
            "WITH made AS (INSERT INTO instruments VALUES"
            " (gen_random_uuid(), %s, 'funds', 'XNYS', 'USD') RETURNING instrument_id)"
            " INSERT INTO instrument_symbols"
            " SELECT %s, '2000-01-01', NULL, instrument_id FROM made",
            symbol,
            symbol,
        )
    return symbols


def test_a_watchlist_keeps_its_order_and_each_symbol_once(front: Front):
    me = front.world.customer()
    made = create(front, me, "Tech", "MSFT", "AAPL", "MSFT", "GOOG")
    assert (made.status, made.body["symbols"]) == (201, ["MSFT", "AAPL", "GOOG"])
    assert made.body["shared"] is False
    listed = front.call("watchlists.list_watchlists", me).body["watchlists"]
    assert listed == [made.body]


def test_a_watchlist_comes_with_the_latest_quotes_in_one_answer(front: Front):
    world, me = front.world, front.world.customer()
    world.quote("AAPL", "100", "100.02")
    world.quote("IBM", "50", "50.01")
    made = create(front, me, "Mine", "IBM", "AAPL").body["watchlist_id"]
    world.redis.config_resetstat()
    shown = call(front, "get_watchlist", me, made).body
    assert [(each["symbol"], each["quote"]["bid"]) for each in shown["watched"]] == [
        ("IBM", "50.00"),
        ("AAPL", "100.00"),
    ]
    assert world.redis.info("commandstats")["cmdstat_mget"]["calls"] == 1


def test_a_symbol_is_put_moved_and_taken_off_as_often_as_it_is_asked(front: Front):
    me = front.world.customer()
    made = create(front, me, "Mine", "AAPL", "IBM").body["watchlist_id"]

    def put(symbol: str, **query: str) -> list[str]:
        path = {"symbol": symbol}
        for _ in range(2):
            answer = call(front, "watch_symbol", me, made, path=path, query=query)
            assert answer.status == 200
        symbols: list[str] = answer.body["symbols"]
        return symbols

    assert put("FB") == ["AAPL", "IBM", "FB"]
    assert put("GOOG", place="0") == ["GOOG", "AAPL", "IBM", "FB"]
    assert put("FB", place="1") == ["GOOG", "FB", "AAPL", "IBM"]
    assert put("AAPL", place="19") == ["GOOG", "FB", "IBM", "AAPL"]
    for _ in range(2):
        answer = call(front, "unwatch_symbol", me, made, path={"symbol": "FB"})
        assert (answer.status, answer.body["symbols"]) == (200, ["GOOG", "IBM", "AAPL"])


def test_a_watchlist_is_renamed_and_put_in_another_order(front: Front):
    me = front.world.customer()
    made = create(front, me, "Mine", "AAPL", "IBM", "FB").body["watchlist_id"]
    body = {"name": "Ours", "symbols": ["FB", "AAPL"]}
    for _ in range(2):
        answer = call(front, "replace_watchlist", me, made, body=body)
        assert answer.status == 200
        assert (answer.body["name"], answer.body["symbols"]) == ("Ours", ["FB", "AAPL"])


def test_names_are_unique_to_their_customer(front: Front):
    me, other = front.world.customer(), front.world.customer()
    create(front, me, "One")
    second = create(front, me, "Two", "AAPL").body["watchlist_id"]
    assert create(front, other, "One").status == 201
    before = front.world.contents()
    body = {"name": "One", "symbols": ["IBM"]}
    for refused in (
        create(front, me, "One"),
        call(front, "replace_watchlist", me, second, body=body),
    ):
        assert (refused.status, refused.body["code"]) == (409, "name_taken")
        assert refused.faults == {("name", "unique")}
    assert front.world.contents() == before


def test_a_key_begins_one_watchlist(front: Front):
    me = front.world.customer()
    first, again = (create(front, me, "One", "AAPL", key="k") for _ in range(2))
    assert (first.status, again.body) == (201, first.body)
    other = create(front, me, "One", "IBM", key="k")
    assert (other.status, other.body["code"]) == (409, "key_reused")


def test_a_watchlist_has_at_most_twenty_symbols(front: Front):
    world, me = front.world, front.world.customer()
    more = listing_more(world, MOST_SYMBOLS - len(SYMBOLS) + 1)
    full = [*SYMBOLS, *more][:MOST_SYMBOLS]
    made = create(front, me, "Full", *full)
    assert made.body["symbols"] == full
    before = world.contents()
    refused = (
        create(front, me, "Fuller", *full, more[-1]),
        call(front, "watch_symbol", me, made.body["watchlist_id"], path={"symbol": more[-1]}),
    )
    for each in refused:
        assert (each.status, each.body["code"]) == (422, "watchlist_full")
        assert each.faults == {("symbols", "max_length")}
    assert world.contents() == before


def test_a_customer_has_so_many_watchlists_and_they_come_in_pages(front: Front):
    me = front.world.customer()
    names = [f"N{n}" for n in range(MOST_WATCHLISTS)]
    for name in names:
        create(front, me, name, "AAPL", "IBM")
    refused = create(front, me, "One more")
    assert (refused.status, refused.body["code"]) == (422, "too_many_watchlists")
    found: list[str] = []
    query: dict[str, str] = {"limit": "20"}
    while query:
        page = front.call("watchlists.list_watchlists", me, query=query).body
        assert all(len(each["symbols"]) == 2 for each in page["watchlists"])
        found += [each["name"] for each in page["watchlists"]]
        query = {"limit": "20", "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert found == names


def test_only_what_is_traded_is_watched(front: Front):
    me = front.world.customer()
    made = create(front, me, "Mine", "AAPL").body["watchlist_id"]
    before = front.world.contents()
    refused = create(front, me, "Other", "AAPL", "ZZZZ", "YYYY")
    assert (refused.status, refused.body["code"]) == (422, "unknown_symbol")
    assert len(refused.body["errors"]) == 2
    assert call(front, "watch_symbol", me, made, path={"symbol": "ZZZZ"}).status == 422
    assert front.world.contents() == before


def test_changes_at_the_same_time_lose_nothing(front: Front):
    world, me = front.world, front.world.customer()
    made = create(front, me, "Mine").body["watchlist_id"]
    hubs, start = [world.another_hub() for _ in SYMBOLS], Barrier(len(SYMBOLS))

    def add(place: int) -> None:
        start.wait()
        command = WatchSymbolCommand(me.customer_id, made, SYMBOLS[place], None)
        hubs[place].watch_symbol(command)

    threads = [Thread(target=add, args=(place,)) for place in range(len(SYMBOLS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = call(front, "get_watchlist", me, made).body["symbols"]
    assert sorted(shown) == SYMBOLS


# Shared by link


def shared(front: Front, link: str) -> Answer:
    return front.call("watchlists.get_shared_watchlist", path={"link": link})


def test_a_link_shows_the_watchlist_and_nothing_of_its_owner(front: Front):
    world, me = front.world, front.world.customer()
    world.quote("AAPL", "100", "100.02")
    made = create(front, me, "Picks", "AAPL").body["watchlist_id"]
    link = call(front, "share_watchlist", me, made).body
    assert link["path"] == f"/api/v1/shared-watchlists/{link['link']}"
    seen = shared(front, link["link"])
    assert (seen.status, seen.body["name"]) == (200, "Picks")
    assert seen.body["watched"][0]["quote"]["bid"] == "100.00"
    for theirs in (me.customer_id, me.account_id, made):
        assert theirs not in seen.text
    stored = str(world.sql("SELECT watchlists::text FROM watchlists"))
    assert link["link"] not in stored
    assert front.call("watchlists.list_watchlists", me).body["watchlists"][0]["shared"]


@pytest.mark.parametrize("ending", ["unshare_watchlist", "share_watchlist", "delete_watchlist"])
def test_a_link_leads_nowhere_once_it_is_revoked_replaced_or_its_list_gone(
    front: Front, ending: str
):
    me = front.world.customer()
    made = create(front, me, "Picks", "AAPL").body["watchlist_id"]
    link = call(front, "share_watchlist", me, made).body["link"]
    assert call(front, ending, me, made).status == 200
    gone = shared(front, link)
    assert gone.status == 404
    assert gone == shared(front, "never")


def test_a_deleted_watchlist_is_gone_with_its_items(front: Front):
    world, me = front.world, front.world.customer()
    made = create(front, me, "Mine", "AAPL").body["watchlist_id"]
    assert call(front, "delete_watchlist", me, made).status == 200
    assert call(front, "delete_watchlist", me, made).status == 404
    assert world.sql("SELECT count(*) FROM watchlist_items") == [(0,)]
    assert create(front, me, "Mine").status == 201
