"""Every minute: send again what an interrupted function left in the outbox."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_sweep_outbox(_trace_id: str) -> int:
    return hub().sweep_outbox()


handler = job_handler(job_sweep_outbox)
