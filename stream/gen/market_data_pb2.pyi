# mypy: ignore-errors
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Channel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANNEL_UNSPECIFIED: _ClassVar[Channel]
    CHANNEL_QUOTES: _ClassVar[Channel]
    CHANNEL_TRADES: _ClassVar[Channel]
    CHANNEL_BARS: _ClassVar[Channel]
CHANNEL_UNSPECIFIED: Channel
CHANNEL_QUOTES: Channel
CHANNEL_TRADES: Channel
CHANNEL_BARS: Channel

class GetMarketDataRequest(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class GetMarketDataResponse(_message.Message):
    __slots__ = ("quotes",)
    QUOTES_FIELD_NUMBER: _ClassVar[int]
    quotes: _containers.RepeatedCompositeFieldContainer[Quote]
    def __init__(self, quotes: _Optional[_Iterable[_Union[Quote, _Mapping]]] = ...) -> None: ...

class GetInstrumentRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class GetInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: Instrument
    def __init__(self, instrument: _Optional[_Union[Instrument, _Mapping]] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("id", "symbol", "name", "category", "exchange", "currency")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    id: str
    symbol: str
    name: str
    category: str
    exchange: str
    currency: str
    def __init__(self, id: _Optional[str] = ..., symbol: _Optional[str] = ..., name: _Optional[str] = ..., category: _Optional[str] = ..., exchange: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class StreamMarketDataRequest(_message.Message):
    __slots__ = ("topics",)
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    topics: Topics
    def __init__(self, topics: _Optional[_Union[Topics, _Mapping]] = ...) -> None: ...

class StreamMarketDataResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ("subscribe", "unsubscribe")
    SUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    UNSUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    subscribe: Topics
    unsubscribe: Topics
    def __init__(self, subscribe: _Optional[_Union[Topics, _Mapping]] = ..., unsubscribe: _Optional[_Union[Topics, _Mapping]] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class Topics(_message.Message):
    __slots__ = ("symbols", "channels", "resume")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    channels: _containers.RepeatedScalarFieldContainer[Channel]
    resume: str
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., channels: _Optional[_Iterable[_Union[Channel, str]]] = ..., resume: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("sequence", "cursor", "snapshot", "skipped", "quote", "trade", "bar", "subscriptions", "refusal", "heartbeat", "gap", "not_resumed")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    TRADE_FIELD_NUMBER: _ClassVar[int]
    BAR_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    NOT_RESUMED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    cursor: str
    snapshot: bool
    skipped: int
    quote: Quote
    trade: Trade
    bar: Bar
    subscriptions: Subscriptions
    refusal: Refusal
    heartbeat: Heartbeat
    gap: Gap
    not_resumed: NotResumed
    def __init__(self, sequence: _Optional[int] = ..., cursor: _Optional[str] = ..., snapshot: _Optional[bool] = ..., skipped: _Optional[int] = ..., quote: _Optional[_Union[Quote, _Mapping]] = ..., trade: _Optional[_Union[Trade, _Mapping]] = ..., bar: _Optional[_Union[Bar, _Mapping]] = ..., subscriptions: _Optional[_Union[Subscriptions, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ..., not_resumed: _Optional[_Union[NotResumed, _Mapping]] = ...) -> None: ...

class Quote(_message.Message):
    __slots__ = ("id", "symbol", "bid", "ask", "last", "bid_size", "ask_size", "time", "synthetic", "last_close", "last_size", "last_trade_id", "last_time", "opening", "closing", "closing_before")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    BID_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    BID_SIZE_FIELD_NUMBER: _ClassVar[int]
    ASK_SIZE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SYNTHETIC_FIELD_NUMBER: _ClassVar[int]
    LAST_CLOSE_FIELD_NUMBER: _ClassVar[int]
    LAST_SIZE_FIELD_NUMBER: _ClassVar[int]
    LAST_TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CLOSING_FIELD_NUMBER: _ClassVar[int]
    CLOSING_BEFORE_FIELD_NUMBER: _ClassVar[int]
    id: str
    symbol: str
    bid: str
    ask: str
    last: str
    bid_size: str
    ask_size: str
    time: _timestamp_pb2.Timestamp
    synthetic: bool
    last_close: bool
    last_size: str
    last_trade_id: str
    last_time: _timestamp_pb2.Timestamp
    opening: SessionPrint
    closing: SessionPrint
    closing_before: SessionPrint
    def __init__(self, id: _Optional[str] = ..., symbol: _Optional[str] = ..., bid: _Optional[str] = ..., ask: _Optional[str] = ..., last: _Optional[str] = ..., bid_size: _Optional[str] = ..., ask_size: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., synthetic: _Optional[bool] = ..., last_close: _Optional[bool] = ..., last_size: _Optional[str] = ..., last_trade_id: _Optional[str] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opening: _Optional[_Union[SessionPrint, _Mapping]] = ..., closing: _Optional[_Union[SessionPrint, _Mapping]] = ..., closing_before: _Optional[_Union[SessionPrint, _Mapping]] = ...) -> None: ...

class SessionPrint(_message.Message):
    __slots__ = ("day", "price", "trade_id")
    DAY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    day: str
    price: str
    trade_id: str
    def __init__(self, day: _Optional[str] = ..., price: _Optional[str] = ..., trade_id: _Optional[str] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("id", "symbol", "price", "size", "time", "condition")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    id: str
    symbol: str
    price: str
    size: str
    time: _timestamp_pb2.Timestamp
    condition: str
    def __init__(self, id: _Optional[str] = ..., symbol: _Optional[str] = ..., price: _Optional[str] = ..., size: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., condition: _Optional[str] = ...) -> None: ...

class Bar(_message.Message):
    __slots__ = ("symbol", "time", "open", "high", "low", "close", "volume", "trades")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    time: _timestamp_pb2.Timestamp
    open: str
    high: str
    low: str
    close: str
    volume: str
    trades: int
    def __init__(self, symbol: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., open: _Optional[str] = ..., high: _Optional[str] = ..., low: _Optional[str] = ..., close: _Optional[str] = ..., volume: _Optional[str] = ..., trades: _Optional[int] = ...) -> None: ...

class Subscriptions(_message.Message):
    __slots__ = ("quotes", "trades", "bars")
    QUOTES_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    BARS_FIELD_NUMBER: _ClassVar[int]
    quotes: _containers.RepeatedScalarFieldContainer[str]
    trades: _containers.RepeatedScalarFieldContainer[str]
    bars: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, quotes: _Optional[_Iterable[str]] = ..., trades: _Optional[_Iterable[str]] = ..., bars: _Optional[_Iterable[str]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Gap(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NotResumed(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
