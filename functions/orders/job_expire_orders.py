"""Every minute of market time: end the day orders of a session that has closed."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_expire_orders(trace_id: str) -> int:
    return hub().expire_orders(trace_id)


handler = job_handler(job_expire_orders)
