"""Counts as CloudWatch takes them from a log: one line of its embedded metric format for each."""

import json
import sys
from dataclasses import dataclass, field
from typing import TextIO

from hub.application.ports.system import Clock


@dataclass(frozen=True, slots=True)
class EmfMeter:
    clock: Clock
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def count(self, metric: str, family: str, amount: int) -> None:
        declared = {
            "Namespace": "Hub",
            "Dimensions": [["family"]],
            "Metrics": [{"Name": metric, "Unit": "Count"}],
        }
        moment = int(self.clock.now().timestamp() * 1000)
        line = {
            "_aws": {"Timestamp": moment, "CloudWatchMetrics": [declared]},
            "family": family,
            metric: amount,
        }
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()
