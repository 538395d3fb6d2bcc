"""Write down what every account is worth at the close of a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.marks import HeldShares, Marks, NewMark, UnmarkedAccount
from hub.application.ports.system import Clock
from hub.domain.kernel import AccountId, notional
from hub.domain.market.quote import Quote
from hub.domain.market.trading_day import Exchange

BATCH = 200
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MarkAccounts:
    """Runs as often as it likes: an account is marked once a day, while the market is closed. A run
    that died is continued by the next; a session that nobody marked before the next one opens has
    no marks."""

    marks: Marks
    market_data: MarketData
    calendars: Calendars
    clock: Clock

    def __call__(self, _trace_id: str) -> int:
        """How many accounts were marked; none while nobody keeps the market's clock."""
        now = self.clock.now()
        market = self.market_data.view([]).clock
        market_time = market.held_at(now)
        calendar = self.calendars.around(Exchange.NEW_YORK, market_time)
        session = calendar.session_before(market_time)
        if market.source_stopped(now) or session is None or session.close > market_time:
            return 0
        marked = 0
        after: AccountId | None = None
        while accounts := self.marks.unmarked(session.day, after, BATCH):
            closes = self._closes(accounts, session.day)
            self.marks.add(
                [
                    NewMark(
                        each.account_id,
                        session.day,
                        each.cash + sum((_value(held, closes) for held in each.held), _ZERO),
                        each.deposited,
                        market_time,
                        now,
                    )
                    for each in accounts
                ]
            )
            marked += len(accounts)
            after = accounts[-1].account_id
        return marked

    def _closes(self, accounts: Sequence[UnmarkedAccount], day: date) -> Mapping[str, Decimal]:
        """The official close of each symbol that is held; its last price where none is known."""
        symbols = sorted({held.symbol for account in accounts for held in account.held})
        quotes = self.market_data.view(symbols).quotes
        return {symbol: _close(quote, day) for symbol, quote in quotes.items()}


def _close(quote: Quote, day: date) -> Decimal:
    closing = quote.closing
    return closing.price if closing is not None and closing.day == day else quote.last


def _value(held: HeldShares, closes: Mapping[str, Decimal]) -> Decimal:
    """At what it has cost where no price is known at all."""
    close = closes.get(held.symbol)
    return held.cost if close is None else notional(close, held.quantity)
