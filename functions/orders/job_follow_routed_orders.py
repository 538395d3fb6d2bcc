"""Every minute: look after the orders at the outside venue that have moved there."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_follow_routed_orders(trace_id: str) -> int:
    return hub().follow_routed_orders(trace_id)


handler = job_handler(job_follow_routed_orders)
