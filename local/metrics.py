"""The CloudWatch twin: the one figure that is asked for, how old a queue's oldest message is."""

from typing import Any

from local.awsapi import ApiError
from local.queues.queues import Queues

_METRIC = ("AWS/SQS", "ApproximateAgeOfOldestMessage")


class Metrics:
    """Tells what is now, where CloudWatch tells what was some minutes ago."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action != "GetMetricData":
            raise ApiError("InvalidAction", f"CloudWatch's {action} has no twin here")
        return {"MetricDataResults": [self._result(each) for each in body["MetricDataQueries"]]}

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        metric = query["MetricStat"]["Metric"]
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        name = dimensions.get("QueueName", "")
        told = (metric["Namespace"], metric["MetricName"]) == _METRIC
        known = told and name in self._queues.names()
        return {
            "Id": query["Id"],
            "Label": name,
            "Timestamps": [int(self._queues.now())] if known else [],
            "Values": [self._queues.oldest(name)] if known else [],
            "StatusCode": "Complete",
        }
