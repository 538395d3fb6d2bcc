"""From the feed over Redis to subscribers: as a task serves that does not lead itself."""

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Crowd, Plan, Told, boosted, lane, python
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
                told = []
                for _ in range(plan.rounds):
                    words = (valkey.url, str(_UPDATES), str(plan.seconds))
                    publisher = subprocess.Popen(
                        python("benchmarks.stream_told", *words), cwd=ROOT, start_new_session=True
                    )
                    os.sched_setaffinity(publisher.pid, {max(os.sched_getaffinity(0))})
                    if plan.boost:
                        boosted(publisher.pid)
                    told.append(each.hear(plan.seconds + _MARGIN_SECONDS))
                    publisher.wait()
        finally:
            valkey.stop()
    return Report(_figures(told, plan), (), {"steps": [one.seen for one in told]})


def _figures(told: list[Told], plan: Plan) -> list[Figure]:
    expected = round(_UPDATES * plan.seconds * plan.rounds * Crowd(_CLIENTS).heard)
    arrived = sum(one.seen["arrived"] for one in told)
    return [
        Figure("p50 at 1,000 updates/s", statistics.median(_of(told, "p50_ms")), "ms"),
        Figure("p99 at 1,000 updates/s", statistics.median(_of(told, "p99_ms")), "ms", most=20.0),
        Figure("arrived", arrived, least=expected),
        Figure("lost, reordered or malformed", sum(one.wrong for one in told), most=0),
    ]


def _of(told: list[Told], name: str) -> list[float]:
    return [one.seen[name] for one in told]
