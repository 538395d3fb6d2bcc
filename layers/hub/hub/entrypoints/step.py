"""Meets Step Functions: a task's input in, its output out, errors by the names of their kinds."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.domain.kernel import HubError
from hub.entrypoints.errors import outcome_of
from hub.entrypoints.logs import logger

Task = Callable[[Mapping[str, Any]], dict[str, Any]]


def step_handler(task: Task) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """An error is raised as its kind, so that a machine retries `UnavailableError` and no other."""

    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        try:
            return task(event)
        except HubError as error:
            kind = outcome_of(error).kind
            logger.warning("step failed", error=kind.__name__, detail=error.detail)
            raise kind(error.detail, code=error.code) from error

    return handle
