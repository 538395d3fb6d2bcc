"""RecoverOrder, first and after each failure: wait for another try, ask a person, or end."""

from collections.abc import Mapping
from typing import Any

from hub.application.orders.plan_retry import PlanRetryCommand
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_plan_retry(event: Mapping[str, Any]) -> dict[str, Any]:
    plan = hub().plan_retry(
        PlanRetryCommand(
            event["order_id"],
            event["episode"],
            event["tries"],
            event["reason"],
            event["trace_id"],
        )
    )
    return plan._asdict()


handler = step_handler(step_plan_retry)
