"""WebSocket: everything on, beside the bound and the peers."""

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Plan, raw, raw_speech
from benchmarks.stream_peers import (
    HOW_TO_GET_NCHAN,
    nchan,
    nchan_is_there,
    nchan_speech,
    websockets,
    websockets_speech,
)
from benchmarks.stream_rounds import SATURATED, Contestant, Targets, beside, contest

_RATES = (50_000, 100_000, 200_000)
_TARGETS = Targets(p99_ms={"100k/s": 100.0}, connects=6_000, memory=8.0)


def part(plan: Plan) -> Report:
    keys = Keys()
    contestants: list[Contestant] = [
        (raw("ws"), raw_speech("ws")),
        (hub(keys), websocket(keys.tokens(plan.clients))),
        (websockets(), websockets_speech()),
    ]
    if nchan_is_there():
        contestants.append((nchan("ws"), nchan_speech("ws")))
    report, found = contest(contestants, _RATES, _TARGETS, plan)
    to_raw, to_nchan = beside(found, SATURATED, "raw"), beside(found, SATURATED, "nchan")
    paced = beside(found, "50k/s", "raw")
    assert to_raw is not None
    assert paced is not None
    ratios = {"ratio_to_raw": round(to_raw, 3)}
    figures = [
        *report.figures,
        Figure("CPU of a delivery at 50k/s / raw", round(1 / paced, 3), most=1.25),
        Figure("deliveries when saturated / raw", round(to_raw, 3), least=0.9),
    ]
    if to_nchan is None:
        return report._replace(figures=figures, ratios=ratios, notes=[HOW_TO_GET_NCHAN])
    figures.append(Figure("deliveries when saturated / nchan", round(to_nchan, 2), least=3.0))
    return report._replace(figures=figures, ratios={**ratios, "ratio_to_nchan": round(to_nchan, 2)})
