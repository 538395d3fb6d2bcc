"""Every night: destroy what is left of the erased's keys, wrap others under the new master."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_tend_keys(_trace_id: str) -> int:
    return hub().tend_keys()


handler = job_handler(job_tend_keys)
