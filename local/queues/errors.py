"""The errors of SQS under both of their names: the JSON protocol's and the query protocol's."""

from local.awsapi import ApiError

_LEGACY = "AWS.SimpleQueueService."
_LEGACY_NAMES = {
    "QueueDoesNotExist": f"{_LEGACY}NonExistentQueue",
    **{
        code: _LEGACY + code
        for code in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "PurgeQueueInProgress",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
}


class SqsError(ApiError):
    """`query_code` is the name that boto3 shows as `Error.Code`, `code` the name of its class."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.query_code = _LEGACY_NAMES.get(code, code)


def no_such_queue() -> SqsError:
    return SqsError("QueueDoesNotExist", "The specified queue does not exist.")


def invalid_value(value: object, parameter: str, reason: str) -> SqsError:
    message = f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    return SqsError("InvalidParameterValue", message)


def check_range(value: float, parameter: str, least: int, most: int) -> None:
    if not least <= value <= most:
        reason = f"Must be between {least} and {most}, if provided."
        raise invalid_value(value, parameter, reason)
