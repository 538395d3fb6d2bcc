"""What each kind of error becomes at each door."""

from typing import NamedTuple

from hub.domain.kernel import (
    ConflictError,
    ForbiddenError,
    HubError,
    InvalidInputError,
    NotFoundError,
    RejectedError,
    ThrottledError,
    UnauthenticatedError,
    UnavailableError,
)


class Outcome(NamedTuple):
    """`grpc` is a status name. `retry` tells a queue to deliver again, not to acknowledge."""

    kind: type[HubError]
    status: int
    title: str
    grpc: str
    retry: bool


OUTCOMES = (
    Outcome(InvalidInputError, 400, "The request is malformed", "INVALID_ARGUMENT", retry=False),
    Outcome(UnauthenticatedError, 401, "Who are you?", "UNAUTHENTICATED", retry=False),
    Outcome(ForbiddenError, 403, "Not allowed", "PERMISSION_DENIED", retry=False),
    Outcome(NotFoundError, 404, "Not found", "NOT_FOUND", retry=False),
    Outcome(ConflictError, 409, "Conflict", "ALREADY_EXISTS", retry=False),
    Outcome(RejectedError, 422, "Rejected by a rule", "FAILED_PRECONDITION", retry=False),
    Outcome(ThrottledError, 429, "Too many requests", "RESOURCE_EXHAUSTED", retry=True),
    Outcome(UnavailableError, 503, "Temporarily unavailable", "UNAVAILABLE", retry=True),
)


class PayloadTooLargeError(InvalidInputError):
    code = "payload_too_large"


class UnsupportedMediaTypeError(InvalidInputError):
    code = "unsupported_media_type"


# HTTP has words of its own for these two.
_HTTP_STATUS: dict[type[HubError], int] = {
    PayloadTooLargeError: 413,
    UnsupportedMediaTypeError: 415,
}


def outcome_of(error: HubError) -> Outcome:
    return next(outcome for outcome in OUTCOMES if isinstance(error, outcome.kind))


def http_status(error: HubError) -> int:
    return _HTTP_STATUS.get(type(error), outcome_of(error).status)


def problem(error: HubError, trace_id: str) -> dict[str, object]:
    """The error as RFC 9457 has it, with what the client needs to mend the request."""
    outcome = outcome_of(error)
    return {
        "type": f"urn:hub:problem:{error.code}",
        "title": outcome.title,
        "status": http_status(error),
        "detail": error.detail,
        "code": error.code,
        "errors": [fault._asdict() for fault in error.faults],
        "trace_id": trace_id,
        **error.extra,
    }


def unexpected_problem(trace_id: str) -> dict[str, object]:
    return {
        "type": "urn:hub:problem:internal",
        "title": "Something went wrong",
        "status": 500,
        "detail": "an unexpected error was recorded under the trace id",
        "code": "internal",
        "errors": [],
        "trace_id": trace_id,
    }
