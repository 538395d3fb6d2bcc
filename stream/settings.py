"""The stream task's settings: read from the environment in one place, checked, frozen."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_ALPACA_URL = "wss://stream.data.alpaca.markets/v2/iex"


class _Usual(NamedTuple):
    """What is not set: the day on which a feed begins (a recording on its first), and whether its
    data may be streamed onward."""

    start: str
    redistributes: str


_FEEDS = {
    "replay": _Usual("2012-06-01", "true"),
    "file": _Usual("1900-01-01", "true"),
    "scripted": _Usual("2012-06-01", "true"),
    # Its terms are those of an account of one's own.
    "alpaca": _Usual("2012-06-01", "false"),
}


class SettingsError(Exception):
    """A variable is missing or wrong; the message names it."""


class AlpacaSettings(NamedTuple):
    """Where live data comes from, for whom, and of what."""

    url: str
    key: str
    secret: str
    symbols: Sequence[str]

    def __repr__(self) -> str:
        return f"AlpacaSettings(url={self.url!r}, symbols={self.symbols!r}, ...)"


class StreamSettings(NamedTuple):
    """Ports of 0 are chosen by the system. The replay's start counts only where none ran before.

    `feed` is `replay`; `file`, which plays the recording `feed_file`; `alpaca`, which is live; or
    `scripted`: a market that anybody who reaches Redis may move, for tests. `grpc` is who serves
    that port: `own`, or `grpcio`, the library. `connections_per_address` is None where it is
    balancers that connect.
    """

    redis_url: str
    database_url: str
    host: str
    port: int
    grpc_port: int
    grpc: str
    connections_per_address: int | None
    feed: str
    feed_file: Path | None
    alpaca: AlpacaSettings | None
    redistributes: bool
    replay_start: date
    replay_speed: float
    replay_closed: timedelta
    replay_spread_basis_points: Decimal
    data_dir: Path
    verifying_keys: Mapping[str, str]


def read_settings(environment: Mapping[str, str]) -> StreamSettings:
    """Raises SettingsError."""

    def value(name: str, default: str | None, parse: Callable[[str], T]) -> T:
        text = environment.get(name) or default
        if text is None:
            raise SettingsError(f"{name} is not set")
        try:
            return parse(text)
        except (ValueError, InvalidOperation) as error:
            # The text may hold a password, so only the rule is told.
            raise SettingsError(f"{name} is not {_expected(parse)}") from error

    feed = value("FEED", "replay", _feed)
    if feed == "scripted" and environment.get("STAGE") != "local":
        raise SettingsError("FEED is scripted, which only a platform of STAGE local may have")
    return StreamSettings(
        redis_url=value("REDIS_URL", None, _redis_url),
        database_url=value("DATABASE_URL", None, _database_url),
        host=value("STREAM_HOST", "127.0.0.1", str),
        port=value("STREAM_PORT", "8081", _port),
        grpc_port=value("GRPC_PORT", "50051", _port),
        grpc=value("STREAM_GRPC", "own", _grpc),
        connections_per_address=value("STREAM_CONNECTIONS_PER_ADDRESS", "1000", _connections),
        feed=feed,
        feed_file=value("FEED_FILE", None, _recording) if feed == "file" else None,
        alpaca=AlpacaSettings(
            url=value("ALPACA_URL", _ALPACA_URL, _websocket_url),
            key=value("ALPACA_KEY_ID", None, _printable),
            secret=value("ALPACA_SECRET_KEY", None, _printable),
            symbols=value("ALPACA_SYMBOLS", "AAPL,FB,GOOG,IBM,MSFT", _symbols),
        )
        if feed == "alpaca"
        else None,
        redistributes=value("FEED_REDISTRIBUTE", _FEEDS[feed].redistributes, _flag),
        replay_start=value("REPLAY_START", _FEEDS[feed].start, date.fromisoformat),
        replay_speed=value("REPLAY_SPEED", "60", _speed),
        replay_closed=timedelta(seconds=value("REPLAY_CLOSED_SECONDS", "5", _seconds)),
        replay_spread_basis_points=value("REPLAY_SPREAD_BASIS_POINTS", "2", _basis_points),
        data_dir=value("DATA_DIR", "data", _folder),
        verifying_keys=value("TOKEN_VERIFYING_KEYS", "{}", _keys),
    )


def _redis_url(text: str) -> str:
    return _with_scheme(text, ("redis://", "rediss://", "unix://"))


def _database_url(text: str) -> str:
    return _with_scheme(text, ("postgresql://", "postgres://"))


def _with_scheme(text: str, schemes: tuple[str, ...]) -> str:
    if not text.startswith(schemes):
        raise ValueError(schemes)
    return text


def _feed(text: str) -> str:
    if text not in _FEEDS:
        raise ValueError(text)
    return text


def _grpc(text: str) -> str:
    if text not in {"own", "grpcio"}:
        raise ValueError(text)
    return text


def _websocket_url(text: str) -> str:
    return _with_scheme(text, ("wss://", "ws://127.0.0.1:"))


def _printable(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError
    return text


def _symbols(text: str) -> Sequence[str]:
    symbols = text.split(",")
    if not all(re.fullmatch(r"[A-Z][A-Z0-9.]{0,9}", each, re.ASCII) for each in symbols):
        raise ValueError(text)
    return tuple(dict.fromkeys(symbols))


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _recording(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".csv" or not path.is_file():
        raise ValueError(text)
    return path


def _port(text: str) -> int:
    return int(_between(Decimal(text), 0, 65_535))


def _speed(text: str) -> float:
    return float(_between(Decimal(text), 0, 10_000))


def _connections(text: str) -> int | None:
    return int(_between(Decimal(text), 0, 1_000_000)) or None


def _seconds(text: str) -> float:
    return float(_between(Decimal(text), 0, 3_600))


def _basis_points(text: str) -> Decimal:
    return _between(Decimal(text), 0, 1_000)


def _between(number: Decimal, least: int, most: int) -> Decimal:
    if not isfinite(number) or not least <= number <= most:
        raise ValueError(number)
    return number


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError(text)
    return path


def _expected(parse: Callable[[str], object]) -> str:
    return _EXPECTED[parse]


_EXPECTED: dict[object, str] = {
    _redis_url: "a URL that begins with redis://, rediss:// or unix://",
    _database_url: "a URL that begins with postgresql://",
    _port: "a port, 0 to 65535",
    _connections: "a number of connections, 0 to 1000000",
    _grpc: "a server of gRPC: own or grpcio",
    _feed: "a feed: replay, file, alpaca or scripted",
    _websocket_url: "a URL that begins with wss://",
    _printable: "printable ASCII",
    _symbols: "a list of symbols such as AAPL,IBM",
    _flag: "a flag: true or false",
    _recording: "a recording, that is a file named .csv",
    date.fromisoformat: "a date such as 2012-06-01",
    _speed: "a speed, 0 (paused) to 10000",
    _seconds: "a number of seconds, 0 to 3600",
    _basis_points: "a number of basis points, 0 to 1000",
    _folder: "a folder",
}


def _keys(text: str) -> Mapping[str, str]:
    keys = json.loads(text)
    if not isinstance(keys, dict):
        raise ValueError(text)  # noqa: TRY004  # the text is wrong, whatever it parses to
    return keys
