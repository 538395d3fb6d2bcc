"""From the feed over Redis to subscribers: as a task serves that does not lead itself."""

import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Crowd, Lane, Plan, Told, boosted, lane, python
from local.options import ROOT
from local.services.valkey import Valkey

_CLIENTS = 100
_UPDATES = 1_000
_MARGIN_SECONDS = 2.0


def part(plan: Plan) -> Report:
    keys = Keys()
    crowd = Crowd(_CLIENTS)
    with tempfile.TemporaryDirectory() as folder:
        valkey = Valkey(Path(folder))
        valkey.start()
        try:
            speech = websocket(keys.tokens(_CLIENTS))
            with hub(keys, valkey.url) as server, lane(server, speech, crowd, plan.boost) as each:
                each.connect()
                told = _told(each, valkey.url, plan)
        finally:
            valkey.stop()
    return Report(_figures(told, plan), (), {"seen": told.seen})


def _told(each: Lane, url: str, plan: Plan) -> Told:
    """One leader all the time: the next would count from one again."""
    words = (url, str(_UPDATES), str(_seconds(plan)))
    publisher = subprocess.Popen(
        python("benchmarks.stream_told", *words), cwd=ROOT, start_new_session=True
    )
    os.sched_setaffinity(publisher.pid, {max(os.sched_getaffinity(0))})
    if plan.boost:
        boosted(publisher.pid)
    told = each.hear(_seconds(plan) + _MARGIN_SECONDS)
    publisher.wait()
    return told


def _seconds(plan: Plan) -> float:
    return plan.seconds * plan.rounds


def _figures(told: Told, plan: Plan) -> list[Figure]:
    expected = round(_UPDATES * _seconds(plan) * Crowd(_CLIENTS).heard)
    return [
        Figure("p50 at 1,000 updates/s", told.seen["p50_ms"], "ms"),
        Figure("p99 at 1,000 updates/s", told.seen["p99_ms"], "ms", most=20.0),
        Figure("arrived", told.seen["arrived"], least=expected),
        Figure("lost, reordered or malformed", told.wrong, most=0),
    ]
