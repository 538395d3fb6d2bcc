"""Every quarter of an hour of market time: compare days that ended with the venue's record."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_reconcile(trace_id: str) -> int:
    return hub().reconcile(trace_id)


handler = job_handler(job_reconcile)
