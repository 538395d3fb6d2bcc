"""RecoverOrder on Step Functions: started by name, answered by token, looked up."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hub.adapters.aws.signed import AwsError, AwsJson
from hub.application.ports.operations import MachineRun, Recovery
from hub.domain.kernel import OrderId

# Nobody waits for the answer any more; the local engine and AWS name it differently.
_GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
_SHOWN = 10


class StepFunctionsRecoveryRuns:
    def __init__(self, states: AwsJson, machine_arn: str) -> None:
        self._states = states
        self._machine_arn = machine_arn

    def start(self, recovery: Recovery, trace_id: str) -> None:
        order = recovery.order
        given = {
            "order_id": order.order_id,
            "account_id": order.account_id,
            "episode": recovery.episode,
            "message": dict(recovery.message),
            "reason": recovery.reason,
            "trace_id": trace_id,
        }
        try:
            self._states.call(
                "StartExecution",
                {
                    "stateMachineArn": self._machine_arn,
                    "name": _name(order.order_id, recovery.episode),
                    "input": json.dumps(given),
                },
            )
        except AwsError as error:
            if error.kind != "ExecutionAlreadyExists":
                raise

    def answer(self, task_token: str, decision: str) -> bool:
        output = json.dumps({"decision": decision})
        try:
            self._states.call("SendTaskSuccess", {"taskToken": task_token, "output": output})
        except AwsError as error:
            if error.kind in _GONE:
                return False
            raise
        return True

    def of(self, order_id: OrderId, episodes: int) -> Sequence[MachineRun]:
        latest = range(episodes, max(episodes - _SHOWN, 0), -1)
        found = [self._run(_name(order_id, episode)) for episode in latest]
        return [run for run in found if run is not None]

    def _run(self, name: str) -> MachineRun | None:
        machines, _, machine = self._machine_arn.rpartition(":")
        arn = f"{machines.removesuffix(':stateMachine')}:execution:{machine}:{name}"
        try:
            run = self._states.call("DescribeExecution", {"executionArn": arn})
        except AwsError as error:
            if error.kind == "ExecutionDoesNotExist":
                return None
            raise
        return MachineRun(
            name,
            run["status"],
            _moment(run["startDate"]),
            _moment(run["stopDate"]) if run.get("stopDate") else None,
            run.get("error"),
            run.get("cause"),
        )


def _name(order_id: OrderId, episode: int) -> str:
    return f"{order_id}-{episode}"


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
