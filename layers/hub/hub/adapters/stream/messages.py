"""The two messages of GetMarketData, written and read by hand.

protos/hub/market/v1 is their source; a test holds them equal to what is generated from it. A
function is spared the protobuf library, and fields that the proto gains are passed over.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_SYMBOLS, _QUOTES = 1, 1
_ID, _SYMBOL, _BID, _ASK, _LAST, _BID_SIZE, _ASK_SIZE, _TIME, _SYNTHETIC, _LAST_CLOSE = range(1, 11)
_LAST_SIZE, _LAST_TRADE_ID, _LAST_TIME, _OPENING, _CLOSING, _CLOSING_BEFORE = range(11, 17)
_DAY, _PRICE, _TRADE_ID = range(1, 4)
_TEXTS = frozenset({*range(_ID, _TIME), _LAST_SIZE, _LAST_TRADE_ID})
_SECONDS, _NANOS = 1, 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_VARINT_BYTES = 10

Field = tuple[int, int | bytes]


def request_bytes(symbols: Sequence[str]) -> bytes:
    tag = bytes([_SYMBOLS << 3 | _BYTES])
    return b"".join(
        tag + _varint_bytes(len(text)) + text for text in (symbol.encode() for symbol in symbols)
    )


def quotes_of(response: bytes) -> list[Quote]:
    """Raises ValueError, KeyError, TypeError or ArithmeticError for what is no such message."""
    return [
        _quote(value)
        for number, value in _fields(response)
        if number == _QUOTES and isinstance(value, bytes)
    ]


def _quote(message: bytes) -> Quote:
    fields = dict(_fields(message))
    texts = {
        number: value.decode()
        for number, value in fields.items()
        if isinstance(value, bytes) and number in _TEXTS
    }
    return Quote(
        quote_id=texts[_ID],
        symbol=texts[_SYMBOL],
        bid=Decimal(texts[_BID]),
        ask=Decimal(texts[_ASK]),
        last=Decimal(texts[_LAST]),
        bid_size=Decimal(texts[_BID_SIZE]),
        ask_size=Decimal(texts[_ASK_SIZE]),
        time=_moment(fields[_TIME]),
        synthetic=bool(fields.get(_SYNTHETIC)),
        last_close=bool(fields.get(_LAST_CLOSE)),
        last_size=Decimal(texts.get(_LAST_SIZE) or 0),
        last_trade_id=texts.get(_LAST_TRADE_ID) or None,
        last_time=_moment(fields[_LAST_TIME]) if _LAST_TIME in fields else None,
        opening=_print(fields.get(_OPENING)),
        closing=_print(fields.get(_CLOSING)),
        closing_before=_print(fields.get(_CLOSING_BEFORE)),
    )


def _print(message: int | bytes | None) -> SessionPrint | None:
    if message is None:
        return None
    if isinstance(message, int):
        raise TypeError("a print is a message")
    texts = {
        number: value.decode() for number, value in _fields(message) if isinstance(value, bytes)
    }
    day = date.fromisoformat(texts[_DAY])
    return SessionPrint(day, Decimal(texts[_PRICE]), texts[_TRADE_ID])


def _moment(value: int | bytes) -> datetime:
    if isinstance(value, int):
        raise TypeError("a time is a message")
    fields = dict(_fields(value))
    seconds, nanos = fields.get(_SECONDS, 0), fields.get(_NANOS, 0)
    if isinstance(seconds, bytes) or isinstance(nanos, bytes):
        raise TypeError("a time is made of numbers")
    # int64 in two's complement: times before 1970 are negative.
    signed = seconds - (1 << 64) if seconds >> 63 else seconds
    return _EPOCH + timedelta(seconds=signed, microseconds=nanos // 1000)


def _fields(message: bytes) -> Iterator[Field]:
    """Number and value of each field, whatever it is; a repeated one comes again."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            width, at = _varint(message, at)
        else:
            width = _WIDTHS[kind]
        if at + width > len(message):
            raise ValueError("the message ends within a field")
        yield number, message[at : at + width]
        at += width


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[at : at + _MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise ValueError("the message ends within a number")


def _varint_bytes(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
