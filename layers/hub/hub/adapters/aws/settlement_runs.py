"""Starts SettleTrades on Step Functions."""

import json

from hub.adapters.aws.signed import AwsError, AwsJson
from hub.application.ports.settlement import SettlementRun


class StepFunctionsSettlementRuns:
    def __init__(self, states: AwsJson, machine_arn: str) -> None:
        self._states = states
        self._machine_arn = machine_arn

    def start(self, run: SettlementRun) -> None:
        given = {
            "as_of": run.as_of.isoformat(),
            "market_time": run.market_time.isoformat(),
            "trace_id": run.trace_id,
        }
        try:
            self._states.call(
                "StartExecution",
                {
                    "stateMachineArn": self._machine_arn,
                    "name": run.name,
                    "input": json.dumps(given),
                },
            )
        except AwsError as error:
            # The name is of the request that wants the run: it was started before.
            if error.kind != "ExecutionAlreadyExists":
                raise
