"""Positions, lots and the portfolio over HTTP, valued at the market with the age of its prices."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from hub.application.accounts.open_account import OpenAccountCommand
from hub.domain.market.trade import SessionPrint
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import OPEN, TRACE, Customer, World

CLOSE = SessionPrint(date(2012, 5, 31), Decimal(105), "c-1")


def buy(world: World, me: Customer, quantity: str, price: str, symbol: str = "AAPL") -> None:
    world.pass_time(1)
    world.give(me, quantity, price, symbol)


def sell(world: World, me: Customer, quantity: str, price: str, symbol: str = "AAPL") -> None:
    world.pass_time(1)
    world.quote(symbol, price, price)
    world.submit(me, "sell", quantity, symbol=symbol)
    assert world.process().failed == []


def second_account(world: World, me: Customer) -> Customer:
    account = world.hub.open_account(OpenAccountCommand(me.customer_id, "Second", None, TRACE))
    return Customer(me.customer_id, account.account_id, me.session_id)


def positions(front: Front, me: Customer, **query: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = front.call("accounts.list_positions", me, query=query).body[
        "positions"
    ]
    return listed


def lots(front: Front, me: Customer, symbol: str = "AAPL", **query: str) -> Answer:
    return front.call("accounts.list_lots", me, path={"symbol": symbol}, query=query)


def test_a_position_shows_its_day_and_the_age_of_its_price(front: Front):
    world, me = front.world, front.world.customer()
    buy(world, me, "4", "100")
    world.quote("AAPL", "109.98", "110", closing=CLOSE)
    world.pass_time(3)
    (held,) = positions(front, me)
    assert (held["market_value"], held["unrealized_pnl"]) == ("440.00", "40.00")
    assert (held["previous_close"], held["day_change"]) == ("105.00", "20.00")
    assert held["day_change_percentage"] == "4.76"
    assert (held["age_seconds"], held["stale"]) == (3, False)
    world.pass_time(3)
    (held,) = positions(front, me)
    assert (held["age_seconds"], held["stale"]) == (6, True)


def test_after_the_close_the_days_change_is_still_the_days(front: Front):
    world, me = front.world, front.world.customer()
    buy(world, me, "4", "100")
    today = SessionPrint(OPEN.date(), Decimal(110), "c-2")
    world.quote("AAPL", "109.98", "110", closing=today, closing_before=CLOSE, last_close=True)
    (held,) = positions(front, me)
    assert (held["previous_close"], held["day_change"]) == ("105.00", "20.00")


def test_a_closed_position_keeps_what_it_realized(front: Front):
    world, me = front.world, front.world.customer()
    buy(world, me, "2", "100")
    buy(world, me, "2", "110")
    buy(world, me, "1", "50", "IBM")
    sell(world, me, "1", "120")
    (apple, _) = positions(front, me)
    # At average cost a share has cost 105.
    assert (apple["average_price"], apple["realized_pnl"]) == ("105.00", "15.00")
    sell(world, me, "3", "100")
    assert [each["symbol"] for each in positions(front, me)] == ["IBM"]
    (apple,) = positions(front, me, status="closed")
    assert (apple["quantity"], apple["realized_pnl"], apple["market_value"]) == (
        "0",
        "0.00",
        "0.00",
    )
    assert apple["last_traded_at"] == "2026-01-05T12:00:05Z"
    assert [each["symbol"] for each in positions(front, me, status="all")] == ["AAPL", "IBM"]


def test_positions_come_in_pages_over_all_accounts(front: Front):
    world, me = front.world, front.world.customer()
    other = second_account(world, me)
    for symbol in ("MSFT", "AAPL", "IBM"):
        for holder in (me, other):
            buy(world, holder, "1", "10", symbol)
    found, query = [], {"limit": "2"}
    while True:
        page = front.call("accounts.list_positions", me, query=query).body
        found += [(each["symbol"], each["account_id"]) for each in page["positions"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == [
        (symbol, holder.account_id)
        for symbol in ("AAPL", "IBM", "MSFT")
        for holder in sorted((me, other), key=lambda each: each.account_id)
    ]
    mine = positions(front, me, account_id=other.account_id)
    assert {each["account_id"] for each in mine} == {other.account_id}


def test_lots_are_what_is_left_of_each_purchase_first_in_first_out(front: Front):
    world, me = front.world, front.world.customer()
    buy(world, me, "10", "100")
    buy(world, me, "5", "110")
    sell(world, me, "12", "120")
    buy(world, me, "4", "90")
    world.quote("AAPL", "99", "100")
    shown = lots(front, me).body
    assert (shown["quantity"], shown["market_price"]) == ("7", "100.00")
    assert [(lot["bought"], lot["quantity"], lot["cost"]) for lot in shown["lots"]] == [
        ("4", "4", "360.00"),
        ("5", "3", "330.00"),
    ]
    assert [lot["unrealized_pnl"] for lot in shown["lots"]] == ["40.00", "-30.00"]
    assert shown["next_cursor"] is None


def test_lots_come_in_pages_that_do_not_move_with_new_purchases(front: Front):
    world, me = front.world, front.world.customer()
    for price in ("10", "11", "12", "13"):
        buy(world, me, "1", price)
    first = lots(front, me, limit="2").body
    assert [lot["price"] for lot in first["lots"]] == ["13.00", "12.00"]
    rest = lots(front, me, limit="2", cursor=first["next_cursor"]).body
    assert [lot["price"] for lot in rest["lots"]] == ["11.00", "10.00"]
    assert rest["next_cursor"] is None
    buy(world, me, "1", "14")
    again = lots(front, me, limit="5", cursor=first["next_cursor"]).body
    assert [lot["price"] for lot in again["lots"]] == ["11.00", "10.00"]


def test_what_is_not_held_has_no_lots(front: Front):
    world, me = front.world, front.world.customer()
    buy(world, me, "1", "100")
    sell(world, me, "1", "100")
    for symbol in ("AAPL", "IBM", "ZZZZ"):
        assert lots(front, me, symbol).status == 404
    stranger = front.world.customer()
    assert lots(front, stranger, account_id=me.account_id).status == 404


@pytest.mark.parametrize("cursor", ["WyJhIiwiYiIsImMiXQ", "WzEsMiwzXQ", "W10"])
def test_a_cursor_of_nobodys_is_refused(front: Front, cursor: str):
    world, me = front.world, front.world.customer()
    buy(world, me, "1", "100")
    refused = lots(front, me, cursor=cursor)
    assert (refused.status, refused.faults) == (400, {("cursor", "cursor")})


def test_the_summary_puts_the_same_asset_of_several_accounts_together(front: Front):
    world, me = front.world, front.world.customer("100")
    other = second_account(world, me)
    buy(world, me, "1", "100")
    buy(world, other, "3", "120")
    buy(world, other, "2", "10", "IBM")
    world.quote("AAPL", "129", "130", closing=CLOSE)
    summary = front.call("accounts.get_portfolio_summary", me).body
    assert (summary["cash"], summary["positions_value"]) == ("100.00", "540.00")
    assert (summary["total_value"], summary["invested"]) == ("640.00", "480.00")
    (stocks,) = summary["categories"]
    apple, ibm = stocks["assets"]
    assert (apple["quantity"], apple["average_price"], apple["pnl"]) == ("4", "115.00", "60.00")
    assert (apple["day_change"], ibm["day_change"]) == ("100.00", None)
    assert (stocks["day_change"], summary["day_change"]) == ("100.00", "100.00")
    alone = front.call(
        "accounts.get_portfolio_summary", me, query={"account_id": other.account_id}
    ).body
    assert (alone["cash"], alone["positions_value"]) == ("0.00", "410.00")


def hold_fifty(world: World, me: Customer) -> None:
    """Fifty instruments, a share of each; as nothing was executed, no books say so."""
    world.sql(
        "INSERT INTO instruments SELECT gen_random_uuid(), 'X' || n, 'funds', 'XNYS', 'USD'"
        " FROM generate_series(1, 50) n"
    )
    world.sql(
        "INSERT INTO instrument_symbols SELECT name, '2000-01-01', NULL, instrument_id"
        " FROM instruments WHERE category = 'funds'"
    )
    world.tamper(
        "INSERT INTO positions SELECT account_id, instrument_id, 1, 0, 90, 0"
        f" FROM accounts, instruments WHERE category = 'funds' AND account_id = '{me.account_id}'"
    )
    for n in range(1, 51):
        world.quote(f"X{n}", "99", "100")


def test_the_summary_of_fifty_positions_is_one_round_trip_to_each_store(
    tampered_world: World, monkeypatch: pytest.MonkeyPatch
):
    world, front = tampered_world, Front(tampered_world)
    me = world.customer("100")
    hold_fifty(world, me)
    front.call("accounts.get_portfolio_summary", me)

    sent: list[str] = []
    execute = psycopg.Connection.execute

    def counted(connection: Any, query: Any, *rest: Any, **more: Any) -> Any:
        sent.append(query)
        return execute(connection, query, *rest, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    monkeypatch.delattr(psycopg.Connection, "pipeline")
    world.redis.config_resetstat()
    summary = front.call("accounts.get_portfolio_summary", me).body
    commands = world.redis.info("commandstats")
    (funds,) = summary["categories"]
    assert (len(funds["assets"]), summary["total_value"]) == (50, "5100.00")
    assert len(sent) == 1
    assert {name: each["calls"] for name, each in commands.items() if "config" not in name} == {
        "cmdstat_mget": 1
    }
