"""The messages by hand are those of the code that is generated from the proto."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from hub.adapters.stream.messages import quotes_of, request_bytes
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint
from stream.gen import market_data_pb2 as messages


def _message(quote: Quote) -> messages.Quote:
    at = Timestamp()
    at.FromDatetime(quote.time)
    names = ("bid", "ask", "last", "bid_size", "ask_size", "last_size")
    texts_of: dict[str, Any] = {name: str(getattr(quote, name)) for name in names}
    if quote.last_time is not None:
        texts_of["last_time"] = Timestamp()
        texts_of["last_time"].FromDatetime(quote.last_time)
    for name in ("opening", "closing", "closing_before"):
        if (told := getattr(quote, name)) is not None:
            texts_of[name] = messages.SessionPrint(
                day=told.day.isoformat(), price=str(told.price), trade_id=told.trade_id
            )
    return messages.Quote(
        last_trade_id=quote.last_trade_id or "",
        id=quote.quote_id,
        symbol=quote.symbol,
        time=at,
        synthetic=quote.synthetic,
        last_close=quote.last_close,
        **texts_of,
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
prices = st.decimals(0, 10**9, places=6)
moments = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
prints = st.builds(
    SessionPrint,
    day=st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    price=prices,
    trade_id=texts.filter(bool),
)
quotes = st.builds(
    Quote,
    quote_id=texts,
    symbol=texts,
    bid=prices,
    ask=prices,
    last=prices,
    bid_size=prices,
    ask_size=prices,
    time=moments,
    synthetic=st.booleans(),
    last_close=st.booleans(),
    last_size=prices,
    last_trade_id=st.none() | texts.filter(bool),
    last_time=st.none() | moments,
    opening=st.none() | prints,
    closing=st.none() | prints,
    closing_before=st.none() | prints,
)


@given(st.lists(texts, max_size=30))
def test_a_request_is_what_protobuf_writes(symbols: list[str]):
    assert (
        request_bytes(symbols) == messages.GetMarketDataRequest(symbols=symbols).SerializeToString()
    )


# Proto3 leaves empty texts out, and a quote without its symbol is none.
@given(st.lists(quotes.filter(lambda each: each.quote_id and each.symbol), max_size=5))
def test_a_response_is_what_protobuf_reads(given_quotes: list[Quote]):
    response = messages.GetMarketDataResponse(quotes=[_message(each) for each in given_quotes])
    assert quotes_of(response.SerializeToString()) == given_quotes


QUOTE = Quote(
    "q", "AAPL", Decimal(1), Decimal(2), Decimal(3), Decimal(4), Decimal(5),
    datetime(2012, 6, 1, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    "stranger", [b"\x98\x06\x07", b"\xa1\x06" + bytes(8), b"\xa5\x06" + bytes(4), b"\xaa\x06\x01x"]
)
def test_fields_that_the_proto_gains_are_passed_over(stranger: bytes):
    quote = _message(QUOTE).SerializeToString() + stranger
    response = b"\x0a" + bytes([len(quote)]) + quote + stranger
    assert quotes_of(response) == [QUOTE]


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_read_but_never_anything_else(garbage: bytes):
    try:
        quotes_of(garbage)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_message_that_ends_early_is_refused(cut: int):
    whole = messages.GetMarketDataResponse(quotes=[_message(QUOTE)]).SerializeToString()
    with pytest.raises((ValueError, KeyError)):
        quotes_of(whole[: len(whole) - cut])
