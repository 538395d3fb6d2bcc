"""Every minute: send the notifications that waited for their hour, or could not be sent before."""

from hub.bootstrap import hub
from hub.entrypoints.job import job_handler


def job_send_notifications(_trace_id: str) -> int:
    return hub().send_notifications()


handler = job_handler(job_send_notifications)
