"""As many connections as the system gives a process files for, up to twenty thousand."""

import resource

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Crowd, Plan, lane
from stream.seats import most_connections

_WANTED = 20_000
_DELIVERIES = 50_000
_MEGABYTE = 1024 * 1024


def part(plan: Plan) -> Report:
    clients = min(_WANTED, most_connections(), 2 * plan.clients)
    keys = Keys()
    tokens = keys.tokens(clients)
    with hub(keys) as server, lane(server, websocket(tokens), Crowd(clients), plan.boost) as each:
        came = each.connect()
        told = [each.step(_DELIVERIES, plan.seconds) for _ in range(plan.rounds)]
        megabytes = server.own_bytes / _MEGABYTE
    p99 = sorted(one.seen["p99_ms"] for one in told)[len(told) // 2]
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Report(
        [
            Figure("connections live", came.seen["ready"], least=clients),
            Figure("p99 at 50k/s", p99, "ms"),
            Figure("memory of the whole server", round(megabytes, 1), "MB", most=200.0),
            Figure("lost, reordered or malformed", sum(one.wrong for one in told), most=0),
        ],
        [f"connections are bound by the {files} files that a process may open here"],
        {"steps": [one.seen for one in told]},
    )
