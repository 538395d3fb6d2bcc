"""How long the oldest message of each queue has waited: SQS tells it to CloudWatch alone."""

from collections.abc import Mapping
from datetime import timedelta

from hub.adapters.aws.signed import AwsJson
from hub.application.ports.system import Clock

# SQS tells it each minute, some minutes late.
_LATELY = timedelta(minutes=10)
_PERIOD_SECONDS = 60


class CloudWatchQueueAges:
    """`urls` by purpose."""

    def __init__(self, cloudwatch: AwsJson, urls: Mapping[str, str], clock: Clock) -> None:
        self._cloudwatch = cloudwatch
        self._urls = urls
        self._clock = clock

    def oldest(self) -> Mapping[str, timedelta]:
        now = self._clock.now()
        purposes = {f"q{number}": purpose for number, purpose in enumerate(self._urls)}
        answer = self._cloudwatch.call(
            "GetMetricData",
            {
                "StartTime": int((now - _LATELY).timestamp()),
                "EndTime": int((now + timedelta(seconds=_PERIOD_SECONDS)).timestamp()),
                "ScanBy": "TimestampDescending",
                "MetricDataQueries": [
                    {"Id": id_, "MetricStat": _age_of(self._urls[purpose])}
                    for id_, purpose in purposes.items()
                ],
            },
        )
        return {
            purposes[result["Id"]]: timedelta(seconds=result["Values"][0])
            for result in answer["MetricDataResults"]
            if result["Values"]
        }


def _age_of(url: str) -> Mapping[str, object]:
    name = {"Name": "QueueName", "Value": url.rpartition("/")[2]}
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [name],
    }
    return {"Metric": metric, "Period": _PERIOD_SECONDS, "Stat": "Maximum"}
