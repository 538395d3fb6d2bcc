"""What a state raises for Retry and Catch to match, and what a refused definition lists."""

from collections.abc import Collection
from dataclasses import dataclass

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
PERMISSIONS = "States.Permissions"
RUNTIME = "States.Runtime"
QUERY_EVALUATION = "States.QueryEvaluationError"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
TOLERANCE_EXCEEDED = "States.ExceedToleratedFailureThreshold"

KNOWN = frozenset(
    {
        ALL,
        TASK_FAILED,
        TIMEOUT,
        HEARTBEAT_TIMEOUT,
        PERMISSIONS,
        RUNTIME,
        QUERY_EVALUATION,
        DATA_LIMIT_EXCEEDED,
        NO_CHOICE_MATCHED,
        TOLERANCE_EXCEEDED,
        "States.BranchFailed",
    }
)

_BEYOND_ALL = frozenset({DATA_LIMIT_EXCEEDED, RUNTIME})


class FunctionError(Exception):
    """What invoking a function raises when the function itself raised."""

    def __init__(self, error_type: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.stack = stack or []


class StateError(Exception):
    """A state failed under a name that Retry and Catch can match."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    def matches(self, names: Collection[str]) -> bool:
        if self.error == RUNTIME:
            return False
        if self.error in names:
            return True
        if ALL in names:
            return self.error not in _BEYOND_ALL
        if TIMEOUT in names and self.error == HEARTBEAT_TIMEOUT:
            return True
        return TASK_FAILED in names and self.error not in _BEYOND_ALL | {TIMEOUT}

    def output(self) -> dict[str, str]:
        """What a Catch sees as `$states.errorOutput`."""
        return {"Error": self.error, "Cause": self.cause}


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a definition is refused; `location` is a path into the definition."""

    code: str
    message: str
    location: str


class InvalidDefinition(Exception):  # noqa: N818  (the name Step Functions gives it)
    """A definition that would not do what it says; lists every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.message} at {p.location}" for p in problems))
        self.problems = problems
