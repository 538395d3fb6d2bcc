"""Every quarter of an hour of market time: settle what has fallen due."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_settle_trades(trace_id: str) -> int:
    return hub().settle_trades(trace_id)


handler = job_handler(job_settle_trades)
