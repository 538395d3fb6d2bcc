"""A day on which an exchange trades, and how it differs from the others."""

from enum import StrEnum
from typing import NamedTuple

from hub.domain.market.calendar import Session


class DayKind(StrEnum):
    REGULAR = "regular"
    EARLY_CLOSE = "early_close"
    LATE_OPEN = "late_open"


class TradingDay(NamedTuple):
    session: Session
    kind: DayKind
