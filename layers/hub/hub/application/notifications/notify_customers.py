"""Something happened in some accounts: tell their customers what they want to be told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hub.application.notifications.delivering import Delivering
from hub.application.ports.notifications import (
    Notification,
    Notifications,
    OrderNews,
    Recipient,
    Turn,
)
from hub.application.ports.system import Clock, Ids
from hub.domain.kernel import AccountId, exact_sum, plain, unit_price
from hub.domain.notifications.letters import Facts
from hub.domain.notifications.planning import HOUR, plan
from hub.domain.notifications.preferences import Channel
from hub.domain.notifications.wording import TOPICS


class _News(NamedTuple):
    event: str
    kind: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class NotifyCustomers:
    """What was planned is in the database before anything leaves: a death loses nothing."""

    notifications: Notifications
    delivering: Delivering
    clock: Clock
    ids: Ids

    def __call__(self, account_ids: Sequence[AccountId]) -> int:
        """How many messages left at once."""
        due = [to for each in dict.fromkeys(account_ids) for to in self._plan(each)]
        return self.delivering(list(dict.fromkeys(due)))

    def _plan(self, account_id: AccountId) -> list[Recipient]:
        """Who is to be told at once."""
        now, due = self.clock.now(), []
        more = True
        while more:
            with self.notifications.turn(account_id, now - HOUR) as turn:
                if turn is None:
                    return []
                planned = list(self._planned(turn))
                turn.plan(planned)
                due += [Recipient(each.customer_id, each.channel) for each in planned]
                more = turn.more
        return due

    def _planned(self, turn: Turn) -> Iterator[Notification]:
        lately = dict(turn.lately)
        for news in turn.news:
            told = _News(f"{news.order_id}:{news.sequence}", news.kind, facts_of(news))
            for channel in Channel:
                yield from self._notification(turn, channel, told, lately)

    def _notification(
        self, turn: Turn, channel: Channel, news: _News, lately: dict[Channel, int]
    ) -> Iterator[Notification]:
        topic, now = TOPICS[news.kind], self.clock.now()
        wanted = plan(turn.preferences, channel, topic, now, lately.get(channel, 0))
        if wanted is None:
            return
        if not wanted.bundled:
            lately[channel] = lately.get(channel, 0) + 1
        yield Notification(
            self.ids.new(),
            news.event,
            channel,
            turn.customer_id,
            topic,
            news.kind,
            news.facts,
            wanted.due_at,
            wanted.bundled,
            now,
        )


def facts_of(news: OrderNews) -> Facts:
    """Of the part that was executed, or of the order as it stands."""
    facts = {
        "order_id": news.order_id,
        "symbol": news.symbol,
        "side": news.side,
        "ordered": plain(news.ordered),
        "exchange": news.exchange,
        "currency": news.currency,
        "at": news.at.isoformat(),
    }
    if news.kind == "OrderPartiallyExecuted":
        fees = Decimal(0)
        for fee in news.detail["fees"].values():
            fees = exact_sum(fees, Decimal(fee))
        executed = {name: news.detail[name] for name in ("quantity", "price", "value")}
        return {**facts, **executed, "fees": plain(fees, 2)}
    if news.filled:
        facts["filled"] = plain(news.filled)
        facts["average"] = plain(unit_price(news.filled_value, news.filled), 2)
        facts["value"] = plain(news.filled_value, 2)
        facts["fees"] = plain(news.fees, 2)
    if news.reason_code:
        facts |= {"reason_code": news.reason_code, "reason": news.reason or news.reason_code}
    return facts
