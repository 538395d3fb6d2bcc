"""Server-sent events: the same engine with another prefix, beside the bound and nchan."""

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, server_sent
from benchmarks.stream_lanes import Plan, raw, raw_speech
from benchmarks.stream_peers import HOW_TO_GET_NCHAN, nchan, nchan_is_there, nchan_speech
from benchmarks.stream_rounds import SATURATED, Contestant, Targets, beside, contest

_CLIENTS = 5_000
_RATES = (50_000, 100_000)
_TARGETS = Targets(p99_ms={"100k/s": 60.0}, memory=8.0)


def part(plan: Plan) -> Report:
    plan = plan._replace(clients=min(plan.clients, _CLIENTS))
    keys = Keys()
    contestants: list[Contestant] = [
        (raw("sse"), raw_speech("sse")),
        (hub(keys), server_sent(keys.tokens(plan.clients))),
    ]
    if nchan_is_there():
        contestants.append((nchan("sse"), nchan_speech("sse")))
    report, found = contest(contestants, _RATES, _TARGETS, plan)
    figures = [*report.figures]
    to_raw, to_nchan = beside(found, SATURATED, "raw"), beside(found, SATURATED, "nchan")
    if to_raw is not None:
        figures.append(Figure("deliveries when saturated / raw", round(to_raw, 3), least=0.9))
    if to_nchan is None:
        return report._replace(figures=figures, notes=[HOW_TO_GET_NCHAN])
    figures.append(Figure("deliveries when saturated / nchan", round(to_nchan, 2), least=1.4))
    return report._replace(figures=figures)
