"""What can be chosen when the platform is started: ports and the market."""

import argparse
import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from hub.domain.orders.venue import profile_of
from local.state import state_folder

ROOT = Path(__file__).parent.parent
_FEEDS = ("replay", "file", "alpaca", "scripted")
_PORTS = {"api": "HTTP API", "websocket": "the account stream", "stream": "quotes", "grpc": "gRPC"}


class Options(NamedTuple):
    root: Path
    state: Path
    api_port: int
    websocket_port: int
    stream_port: int
    grpc_port: int
    speed: str
    start: str
    feed: str
    file: Path | None
    venue: str
    demo_customer: bool

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"


def read_options(words: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="./dev run", description="Start the whole platform.")
    add = parser.add_argument
    for what, default in (
        ("api", "3000"),
        ("websocket", "3001"),
        ("stream", "8081"),
        ("grpc", "50051"),
    ):
        kept = os.environ.get(f"HUB_{what.upper()}_PORT") or default
        add(f"--{what}-port", type=_port, default=kept, help=f"{_PORTS[what]} ({default})")
    add("--speed", type=_speed, default="60", help="market seconds per second; 0 pauses (60)")
    add("--start", type=_day, help="first replayed day of a fresh platform")
    kept = os.environ.get("HUB_FEED") or "replay"
    add(
        "--feed", type=_feed, default=kept, help="replay, file, alpaca, scripted: see docs/feeds.md"
    )
    add(
        "--file",
        type=_file,
        help="what the feed `file` replays: CSV or Parquet: see docs/feeds.md",
    )
    kept = os.environ.get("HUB_VENUE") or ""
    add(
        "--venue",
        type=_venue,
        default=kept,
        help="how orders fill, such as alpaca or liquidity=unlimited,in_market_stop=reject",
    )
    add("--no-demo", action="store_true", help="do not make the demo customer")
    given = parser.parse_args(list(words))
    if (given.feed == "file") != (given.file is not None):
        parser.error("--feed file and --file PATH go together")
    return Options(
        ROOT,
        state_folder(ROOT),
        given.api_port,
        given.websocket_port,
        given.stream_port,
        given.grpc_port,
        given.speed,
        given.start or "",
        given.feed,
        given.file,
        given.venue,
        not given.no_demo,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _speed(text: str) -> str:
    """The text itself, which the stream task reads exactly."""
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", text, re.ASCII) or float(text) > 10_000:
        raise argparse.ArgumentTypeError(f"a speed is a number from 0 to 10000, not {text!r}")
    return text


def _feed(text: str) -> str:
    if text not in _FEEDS:
        raise argparse.ArgumentTypeError(f"a feed is {' or '.join(_FEEDS)}, not {text!r}")
    return text


def _file(text: str) -> Path:
    path = Path(os.environ.get("HUB_CALLED_FROM") or Path.cwd(), text)
    if path.suffix not in {".csv", ".parquet"} or not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is no file named .csv or .parquet")
    return path.resolve()


def _venue(text: str) -> str:
    """The venue's profile as the functions are told of it: JSON."""
    words: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, given, word = part.partition("=")
        words |= {name: word} if given else {"preset": name}
    try:
        profile_of(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return json.dumps(words)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        message = f"a day is written as 2012-06-01, not {text!r}"
        raise argparse.ArgumentTypeError(message) from error
