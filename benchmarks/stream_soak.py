"""A long run at a steady pace: whether memory grows. `--soak MINUTES` says how long."""

import time

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Crowd, Plan, lane

_CLIENTS = 1_000
_DELIVERIES = 20_000
_STEP_SECONDS = 10.0
# What a server takes in its first minute is no slope yet.
_SETTLED_SHARE = 0.2


def part(plan: Plan) -> Report:
    clients = min(plan.clients, _CLIENTS)
    keys = Keys()
    samples: list[tuple[float, int]] = []
    wrong: list[int] = []
    crowd = Crowd(clients)
    with hub(keys) as server, lane(server, websocket(keys.tokens(clients)), crowd) as each:
        each.connect()
        began = time.monotonic()
        while (passed := time.monotonic() - began) < plan.soak_minutes * 60 or len(samples) < 2:
            wrong.append(each.step(_DELIVERIES, _STEP_SECONDS).wrong)
            samples.append((passed, server.own_bytes))
    return Report(
        [
            Figure("memory at the end", round(samples[-1][1] / 1024 / 1024, 1), "MB"),
            Figure("memory grown an hour", round(slope(samples) * 3600 / 1024 / 1024, 2), "MB"),
            Figure("lost, reordered or malformed", sum(wrong), most=0),
        ],
        [f"soaked for {samples[-1][0] / 60 + _STEP_SECONDS / 60:.1f} minutes"],
        {"bytes by second": samples, "wrong by step": wrong},
    )


def slope(samples: list[tuple[float, int]]) -> float:
    """Bytes a second, by least squares, once the server has settled."""
    settled = samples[int(len(samples) * _SETTLED_SHARE) :]
    if len(settled) < 2:
        settled = samples
    middle = sum(at for at, _ in settled) / len(settled)
    mean = sum(size for _, size in settled) / len(settled)
    spread = sum((at - middle) ** 2 for at, _ in settled)
    return sum((at - middle) * (size - mean) for at, size in settled) / spread
