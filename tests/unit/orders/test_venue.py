"""A venue's profile: from words, what its stops listen to, and its dice."""

from decimal import Decimal

import pytest

from hub.domain.orders.venue import (
    ALPACA,
    PAPER,
    BarPath,
    Basis,
    Liquidity,
    TriggerSource,
    VenueProfile,
    draw,
    elects_by_trades,
    profile_of,
)


def test_a_profile_is_a_preset_and_what_differs_from_it():
    assert profile_of({}) == PAPER
    assert profile_of({"preset": "alpaca"}) == ALPACA
    words = {"preset": "alpaca", "basis": "bar", "bar_path": "adaptive", "seed": "5"}
    assert profile_of(words) == ALPACA._replace(basis=Basis.BAR, bar_path=BarPath.ADAPTIVE, seed=5)
    assert profile_of({"liquidity": "unlimited"}).liquidity is Liquidity.UNLIMITED


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"preset": "nyse"}, "'nyse' is not a preset"),
        ({"colour": "red"}, "'colour' is no part"),
        ({"basis": "book"}, "'book' is not a basis"),
        ({"seed": "x"}, "'x' is not a seed"),
        ({"partial_fills": "much"}, "'much' is not a partial_fills"),
    ],
)
def test_a_word_that_is_none_of_ours_is_named(words: dict[str, str], says: str):
    with pytest.raises(ValueError, match=says):
        profile_of(words)


@pytest.mark.parametrize(
    ("basis", "triggers", "with_trades", "without"),
    [
        (Basis.QUOTE, TriggerSource.QUOTE, False, False),
        (Basis.QUOTE, TriggerSource.LAST, True, True),
        (Basis.QUOTE, TriggerSource.AUTO, True, False),
        (Basis.LAST, TriggerSource.QUOTE, True, True),
        (Basis.BAR, TriggerSource.AUTO, True, True),
    ],
)
def test_what_stops_listen_to(
    basis: Basis, triggers: TriggerSource, with_trades: bool, without: bool
):
    profile = VenueProfile(basis=basis, triggers=triggers)
    assert elects_by_trades(profile, feed_has_trades=True) is with_trades
    assert elects_by_trades(profile, feed_has_trades=False) is without


def test_the_dice_depend_on_seed_and_cause_alone():
    drawn = draw(PAPER, "order", "event")
    assert drawn == draw(PAPER, "order", "event")
    assert all(0 <= each < 1 for each in drawn)
    others = [draw(PAPER, "order", "other"), draw(PAPER._replace(seed=1), "order", "event")]
    assert drawn not in others
    chances = [draw(PAPER, str(number))[0] for number in range(1000)]
    assert 60 < sum(chance < Decimal("0.1") for chance in chances) < 140
