"""Every minute: hang up on clients of the account stream whose credential is good no more."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_end_expired_connections(_trace_id: str) -> int:
    return hub().end_expired_connections()


handler = job_handler(job_end_expired_connections)
