"""Every minute of market time: once the market is open, process what was queued for it."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_release_queued_orders(trace_id: str) -> int:
    return hub().release_queued_orders(trace_id)


handler = job_handler(job_release_queued_orders)
