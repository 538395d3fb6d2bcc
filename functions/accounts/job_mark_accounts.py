"""Every minute of market time: write down what accounts are worth once a session has closed."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_mark_accounts(trace_id: str) -> int:
    return hub().mark_accounts(trace_id)


handler = job_handler(job_mark_accounts)
