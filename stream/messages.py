"""What is told, as messages of protos/hub/market/v1."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote, quote_record
from stream.gen import market_data_pb2 as messages
from stream.updates import BARS, QUOTES, TRADES

CHANNEL_NAMES: Mapping[int, str] = {
    messages.CHANNEL_QUOTES: QUOTES,
    messages.CHANNEL_TRADES: TRADES,
    messages.CHANNEL_BARS: BARS,
}


def encoded(message: dict[str, Any]) -> bytes:
    """A response of either stream, of one event: they are the same in bytes. Several set end to end
    are one response of all their events."""
    kind = message["type"]
    event = messages.Event(
        sequence=message.get("sequence", 0),
        cursor=message.get("cursor", ""),
        snapshot=message.get("snapshot", False),
        skipped=message.get("skipped", 0),
        **{kind: _CONTENTS[kind](message)},
    )
    return messages.StreamMarketDataResponse(events=[event]).SerializeToString()


def quote_message(quote: Quote) -> messages.Quote:
    return _quote(quote_record(quote))


def instrument_message(instrument: Instrument) -> messages.Instrument:
    return messages.Instrument(
        id=instrument.instrument_id,
        symbol=instrument.symbol,
        name=instrument.name,
        category=instrument.category,
        exchange=instrument.exchange,
        currency=instrument.currency,
    )


def _quote(record: Mapping[str, Any]) -> messages.Quote:
    return messages.Quote(
        **_texts(record, "id", "symbol", "bid", "ask", "last", "bid_size", "ask_size", "last_size"),
        time=_time(record["time"]),
        synthetic=record["synthetic"],
        last_close=record["last_close"],
        last_trade_id=record["last_trade_id"] or "",
        last_time=_time(record["last_time"]),
        opening=_session_print(record["opening"]),
        closing=_session_print(record["closing"]),
        closing_before=_session_print(record["closing_before"]),
    )


def _trade(record: Mapping[str, Any]) -> messages.Trade:
    return messages.Trade(
        **_texts(record, "id", "symbol", "price", "size", "condition"), time=_time(record["time"])
    )


def _bar(record: Mapping[str, Any]) -> messages.Bar:
    return messages.Bar(
        **_texts(record, "symbol", "open", "high", "low", "close", "volume"),
        time=_time(record["time"]),
        trades=record["trades"],
    )


def _subscriptions(message: Mapping[str, Any]) -> messages.Subscriptions:
    return messages.Subscriptions(**message["channels"])


def _refusal(message: Mapping[str, Any]) -> messages.Refusal:
    return messages.Refusal(**_texts(message, "code", "message"))


_CONTENTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "quote": _quote,
    "trade": _trade,
    "bar": _bar,
    "subscriptions": _subscriptions,
    "refusal": _refusal,
    "heartbeat": lambda _: messages.Heartbeat(),
    "gap": lambda _: messages.Gap(),
    "not_resumed": lambda _: messages.NotResumed(),
}


def _texts(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: record[name] for name in names}


def _time(text: str | None) -> Timestamp | None:
    if text is None:
        return None
    time = Timestamp()
    time.FromDatetime(datetime.fromisoformat(text))
    return time


def _session_print(record: Mapping[str, Any] | None) -> messages.SessionPrint | None:
    return messages.SessionPrint(**record) if record else None
