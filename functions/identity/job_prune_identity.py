"""Every night: delete sessions, tokens, keys and attempts that have long been over."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_prune_identity(_trace_id: str) -> int:
    return hub().prune_identity()


handler = job_handler(job_prune_identity)
