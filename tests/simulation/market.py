"""The market in a run: what happens there, and the leader who watches it for resting orders."""

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.domain.kernel import UnavailableError
from hub.domain.market.trade import Trade
from tests.simulation.chance import Fault
from tests.simulation.plan import Act
from tests.simulation.scheduler import KilledError

if TYPE_CHECKING:
    from tests.simulation.world import World


def event(world: "World", act: Act) -> None:
    words = act.words
    with _leading(world):
        quote = world.show(
            words["symbol"], words["bid"], words["ask"], words["size"], trade=words["trade"]
        )
        world.scheduler.tell(f"{quote.symbol} {quote.bid}/{quote.ask} of {quote.ask_size}")
        book = world.hub().watch_resting_orders
        with suppress(UnavailableError):
            book.refresh()
        world.scheduler.seam("before observe", Fault.KILL)
        if quote.last_trade_id is not None:
            trade = Trade(
                quote.last_trade_id, quote.symbol, quote.last, quote.last_size, quote.time
            )
            with suppress(UnavailableError):
                book.observe_trade(trade)
        with suppress(UnavailableError):
            book.observe(quote)


def watch(world: "World", _act: Act) -> None:
    with _leading(world), suppress(UnavailableError):
        world.hub().watch_resting_orders.refresh()


class _leading:  # noqa: N801  # it reads as a word of its own
    """Who is killed while leading takes the book in its memory along."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def __enter__(self) -> None:
        self._world.scheduler.seam("lead", Fault.KILL)

    def __exit__(self, kind: type[BaseException] | None, *_more: object) -> None:
        if kind is KilledError:
            self._world.forget_leader()


def close(world: "World", _act: Act) -> None:
    session = world.calendar.working_session(world.redis.market_time())
    assert session is not None
    world.redis.turn_to(session.close + timedelta(seconds=1))


def open_again(world: "World", _act: Act) -> None:
    turn_to_open(world, timedelta(seconds=1))


def turn_to_open(world: "World", after: timedelta) -> None:
    """So long after the next session has opened."""
    session = world.calendar.next_session(world.redis.market_time())
    assert session is not None
    world.redis.turn_to(session.open + after)
