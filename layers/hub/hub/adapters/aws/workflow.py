"""Runs ProcessOrder on Step Functions, waiting for its result."""

import json
from collections.abc import Mapping, Sequence

from hub.adapters.aws.signed import AwsJson
from hub.domain.kernel import UnavailableError

# Longer than the machine may run, shorter than the function that waits for it.
_TIMEOUT_SECONDS = 9.5


class StepFunctionsWorkflow:
    def __init__(self, states: AwsJson, machine_arn: str) -> None:
        self._states = states
        self._machine_arn = machine_arn

    def process(self, orders: Sequence[Mapping[str, str]], trace_id: str) -> Sequence[str]:
        """Raises UnavailableError when the execution itself failed: then the whole batch did."""
        given = json.dumps({"orders": list(orders), "trace_id": trace_id})
        execution = self._states.call(
            "StartSyncExecution",
            {"stateMachineArn": self._machine_arn, "input": given},
            timeout=_TIMEOUT_SECONDS,
        )
        if execution["status"] != "SUCCEEDED":
            reason = f"{execution.get('error')}: {execution.get('cause')}"
            raise UnavailableError(f"ProcessOrder {execution['status']}: {reason}")
        failed: list[str] = json.loads(execution["output"])["failed"]
        return failed
