"""Meets a schedule: it only wakes the job, which decides itself what is due."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.entrypoints.logs import logger


def job_handler(
    work: Callable[[str], int],
) -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """`work` gets a trace id and returns how many things it did."""

    def handle(_event: Mapping[str, Any], context: Any) -> dict[str, int]:
        done = work(context.aws_request_id)
        if done:
            logger.info("job done", function=context.function_name, done=done)
        return {"done": done}

    return handle
