"""Symbols of a user's own recording can be traded, and take nothing from those that are known."""

from hub.adapters.postgres.seed import list_symbols
from tests.fixtures.worlds import World


def test_symbols_of_a_recording_are_listed_once_and_can_be_traded(world: World):
    known = world.another_hub().instruments.find("AAPL")
    for _ in range(2):
        list_symbols(world.urls.owner, ["ACME", "AAPL"])
    me = world.customer("1000")
    world.quote("ACME", "10.00", "10.02")
    order = world.submit(me, "buy", "3", symbol="ACME")

    assert world.process().failed == []
    assert world.order(me, order).filled_quantity == 3
    assert world.hub.instruments.find("AAPL") == known
