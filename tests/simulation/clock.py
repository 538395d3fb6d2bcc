"""Wall time of a run: it passes from one thing that is due to the next."""

from datetime import datetime, timedelta

from tests.fixtures.ports import MovedClock


class SimulatedClock(MovedClock):
    def later(self, seconds: float) -> datetime:
        return self._moment + timedelta(seconds=seconds)

    def pass_to(self, moment: datetime) -> None:
        self._moment = moment
