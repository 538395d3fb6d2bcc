"""What can be chosen when the platform is started: ports and the replay."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from local.state import state_folder

ROOT = Path(__file__).parent.parent


class Options(NamedTuple):
    root: Path
    state: Path
    api_port: int
    stream_port: int
    grpc_port: int
    speed: str
    start: str
    demo_customer: bool

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"


def read_options(words: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="./dev run", description="Start the whole platform.")
    add = parser.add_argument
    add("--api-port", type=int, default=_number("HUB_API_PORT", 3000), help="HTTP API (3000)")
    add("--stream-port", type=int, default=_number("HUB_STREAM_PORT", 8081), help="quotes (8081)")
    add("--grpc-port", type=int, default=_number("HUB_GRPC_PORT", 50051), help="gRPC (50051)")
    add("--speed", default="60", help="how fast market time runs; 1 is real time (60)")
    add("--start", default="2012-06-01", help="first replayed day of a fresh platform")
    add("--no-demo", action="store_true", help="do not make the demo customer")
    given = parser.parse_args(list(words))
    return Options(
        ROOT,
        state_folder(ROOT),
        given.api_port,
        given.stream_port,
        given.grpc_port,
        given.speed,
        given.start,
        not given.no_demo,
    )


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else default
