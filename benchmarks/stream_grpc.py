"""gRPC: streams on a hundred connections, and on one each, beside its library in Python and C++."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from benchmarks.native import has_package, linked, program
from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys
from benchmarks.stream_lanes import Crowd, Lane, Plan, Server, boosted, end, python, running
from benchmarks.stream_rounds import (
    SATURATED,
    Found,
    Targets,
    beside,
    connected,
    details,
    figures,
    rounds,
)

HOW_TO_GET_CPP = "gRPC's C++ is not installed: apt install g++ pkg-config libgrpc++-dev"
_PACKAGE = "grpc++"
_FEW = 100
# Each is for several streams: what every stream costs is to verify one, not to sign it.
_TOKENS = 200
CROWD = Crowd(0)
_RATES = (20_000, 50_000)
_TARGETS = {
    "100 connections": Targets({"20k/s": 50, "50k/s": 50}, memory=8),
    "a connection each": Targets({"50k/s": 50}, memory=8),
}
_SATURATED_AT_LEAST = {"100 connections": 200_000, "a connection each": 50_000}
_NOTES = (
    "Every stream has 5 of 100 symbols and a token, which is verified; the peer in C++ has none.",
    "They open all at once. Deliveries of one core are those of a second of the server's CPU.",
)


def part(plan: Plan) -> Report:
    keys = Keys()
    many, found = contest("100 connections", min(_FEW, plan.clients), keys, plan)
    each, found_each = contest("a connection each", plan.clients, keys, plan)
    ratios = {}
    for name, at, reference in (
        ("grpc_ratio_to_cpp", found, "cpp"),
        ("grpc_ratio_to_grpcio", found, "grpcio"),
        ("grpc_ratio_to_cpp_with_a_connection_each", found_each, "cpp"),
    ):
        ratio = beside(at, SATURATED, reference)
        if ratio is not None:
            ratios[name] = round(ratio, 2)
    notes = _NOTES if has_package(_PACKAGE) else (*_NOTES, HOW_TO_GET_CPP)
    joined = [*many.figures, *each.figures]
    return Report(joined, notes, {**many.details, **each.details}, ratios)


def contest(words: str, lines: int, keys: Keys, plan: Plan) -> tuple[Report, Found]:
    """`words` name the targets."""
    targets = _TARGETS[words]
    # Made here, since they last for ten minutes.
    tokens = keys.tokens(min(_TOKENS, plan.clients))
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(lane(stack.enter_context(server), lines, tokens, plan))
            for server in _servers(keys)
        ]
        came = [figure for each in lanes for figure in connected(each, targets)]
        found = rounds(lanes, _RATES, plan)
    told = [_aimed(each, words) for each in (*came, *figures(found, targets))]
    named = [each._replace(name=f"{words}: {each.name}") for each in told]
    return Report(named, (), {words: details(found)}), found


def _aimed(figure: Figure, words: str) -> Figure:
    if figure.name == f"hub {SATURATED}: deliveries of one core":
        return figure._replace(least=_SATURATED_AT_LEAST[words])
    return figure


def _servers(keys: Keys) -> Iterator[AbstractContextManager[Server]]:
    yield _served("own", "hub", keys)
    yield _served("grpcio", "grpcio", keys)
    if has_package(_PACKAGE):
        yield running([linked("grpc_peer", _PACKAGE)], "cpp")


@contextmanager
def _served(server: str, name: str, keys: Keys) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.json"
        file.write_text(json.dumps(keys.public))
        words = python("benchmarks.stream_grpc_served", server, str(file))
        with running(words, name) as started:
            yield started


@contextmanager
def lane(server: Server, lines: int, tokens: Sequence[str], plan: Plan) -> Iterator[Lane]:
    crowd = CROWD._replace(clients=plan.clients)
    probes = min(500, plan.clients)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokens"
        file.write_text("\n".join(tokens) + "\n")
        words: list[object] = [
            *(program("grpc_load"), server.port, server.feed_port, plan.clients, lines),
            *(crowd.symbols, crowd.each, probes, file),
        ]
        load = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        os.sched_setaffinity(load.pid, {max(os.sched_getaffinity(0))})
        if plan.boost:
            boosted(load.pid, server.pid)
        try:
            yield Lane(server, load, crowd)
        finally:
            end(load)
