"""Every quarter of an hour of market time: the paper venue writes its record of days that ended."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_publish_venue_record(trace_id: str) -> int:
    return hub().publish_venue_record(trace_id)


handler = job_handler(job_publish_venue_record)
