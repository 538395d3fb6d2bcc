"""The exchanges, and the days on which they trade."""

from enum import StrEnum
from typing import NamedTuple

from hub.domain.market.calendar import Session


class Exchange(StrEnum):
    """By market identifier code."""

    NEW_YORK = "XNYS"
    SAO_PAULO = "BVMF"


class DayKind(StrEnum):
    REGULAR = "regular"
    EARLY_CLOSE = "early_close"
    LATE_OPEN = "late_open"


class TradingDay(NamedTuple):
    session: Session
    kind: DayKind
