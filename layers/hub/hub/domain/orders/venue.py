"""How a venue behaves: what an order meets there, and what of it may be chosen."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple


class Basis(StrEnum):
    """What fills orders: the top of the book, trade prints, or bars of them (see `matching`)."""

    QUOTE = "quote"
    LAST = "last"
    BAR = "bar"


class Liquidity(StrEnum):
    """`displayed`: a fill at the touch takes of the size shown there, which is shared by all orders
    until the next quote renews it."""

    UNLIMITED = "unlimited"
    DISPLAYED = "displayed"


class TriggerSource(StrEnum):
    """What elects stops: the opposite quote, the last trade, or whichever the feed has of these."""

    QUOTE = "quote"
    LAST = "last"
    AUTO = "auto"


class InMarketStop(StrEnum):
    """What becomes of a stop that the market has already passed when it comes in."""

    TRIGGER = "trigger"
    REJECT = "reject"


class BarPath(StrEnum):
    """In which order a bar visits its extremes; `adaptive`: the one nearer the open first."""

    OHLC = "OHLC"
    ADAPTIVE = "adaptive"


_BY_QUOTE = Basis.QUOTE
_AUTO = TriggerSource.AUTO


class VenueProfile(NamedTuple):
    """`partial_fills` is the chance of a fill that could be whole to be a part only, drawn from
    `seed`, order and event, so that the same run can be played again."""

    basis: Basis = Basis.QUOTE
    liquidity: Liquidity = Liquidity.DISPLAYED
    triggers: TriggerSource = TriggerSource.AUTO
    in_market_stop: InMarketStop = InMarketStop.TRIGGER
    bar_path: BarPath = BarPath.OHLC
    seed: int = 0
    partial_fills: Decimal = Decimal(0)


PAPER = VenueProfile()

# What Alpaca's paper venue is known to do: any size at the touch, one fill in ten a random part.
ALPACA = VenueProfile(
    liquidity=Liquidity.UNLIMITED, triggers=TriggerSource.LAST, partial_fills=Decimal("0.1")
)
PRESETS = {"paper": PAPER, "alpaca": ALPACA}


def profile_of(words: Mapping[str, str]) -> VenueProfile:
    """The profile that a venue states in words: a `preset`, and what differs from it.

    Raises ValueError naming the word that is none of ours.
    """
    given = dict(words)
    preset = given.pop("preset", "paper")
    if preset not in PRESETS:
        raise ValueError(f"{preset!r} is not a preset: {', '.join(PRESETS)}")
    profile = PRESETS[preset]
    for name, word in given.items():
        if name not in _READERS:
            raise ValueError(f"{name!r} is no part of a venue's profile")
        try:
            profile = profile._replace(**{name: _READERS[name](word)})
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{word!r} is not a {name}") from error
    return profile


_READERS: dict[str, Callable[[str], Any]] = {
    "basis": Basis,
    "liquidity": Liquidity,
    "triggers": TriggerSource,
    "in_market_stop": InMarketStop,
    "bar_path": BarPath,
    "seed": int,
    "partial_fills": Decimal,
}


def elects_by_trades(profile: VenueProfile, *, feed_has_trades: bool) -> bool:
    """Whether stops listen to trades here, and not to quotes."""
    if profile.basis is not _BY_QUOTE:
        return True
    if profile.triggers is _AUTO:
        return feed_has_trades
    return profile.triggers is TriggerSource.LAST


def draw(profile: VenueProfile, *what: str) -> tuple[Decimal, Decimal]:
    """Two numbers from 0 to 1 that depend on the seed and on `what` they are drawn for alone."""
    digest = sha256("|".join((str(profile.seed), *what)).encode()).digest()
    span = Decimal(2**64)
    return (
        Decimal(int.from_bytes(digest[:8], "big")) / span,
        Decimal(int.from_bytes(digest[8:16], "big")) / span,
    )
