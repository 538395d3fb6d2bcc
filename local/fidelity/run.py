"""`./dev fidelity FILE...`: plays case files; prints what passed and what was not as expected."""

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.domain.market.calendar import Calendar
from hub.domain.orders.venue import VenueProfile
from local.fidelity.cases import (
    Case,
    CaseFileError,
    UnknownFeatureError,
    profile_of,
    read_cases,
)
from local.fidelity.in_core import CorePlay
from local.fidelity.through_api import NotDrivableError, platform_for, refuse
from local.options import ROOT
from local.progress import say
from stream.recorded import read_sessions

Play = Callable[[Case], list[str]]


def fidelity(words: Sequence[str]) -> int:
    """0 when every case that was played passed, and at least one was."""
    parser = argparse.ArgumentParser(
        prog="./dev fidelity", description="Play case files of order behaviour."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--through-api", action="store_true", help="drive them through a running platform"
    )
    given = parser.parse_args(list(words))
    try:
        here = Path(os.environ.get("HUB_CALLED_FROM", ""))
        cases = [case for path in given.files for case in read_cases(here / path)]
    except CaseFileError as error:
        say(str(error))
        return 2
    if not given.through_api:
        return report(cases, in_core())
    tally = Tally()
    _play_through_api(cases, tally)
    return tally.result()


def report(cases: Sequence[Case], play: Play) -> int:
    """The exit code of playing the cases so."""
    tally = Tally()
    tally.play(cases, play)
    return tally.result()


class Tally:
    """Plays cases and counts; says a line for each expectation that did not hold."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def play(self, cases: Sequence[Case], play: Play) -> None:
        for case in cases:
            try:
                lines = play(case)
            except NotDrivableError as error:
                say(f"{case.case_id} left out: {error}")
                continue
            except UnknownFeatureError as error:
                if case.optional:
                    say(f"{case.case_id} left out ({', '.join(case.optional)}): {error}")
                    continue
                lines = [f"not offered: {error}"]
            except (KeyError, ValueError, TypeError, ArithmeticError) as error:
                lines = [f"is not of the schema: {error!r}"]
            for line in lines:
                say(f"{case.case_id} {line}")
            self.passed, self.failed = self.passed + (not lines), self.failed + bool(lines)

    def result(self) -> int:
        say(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1


def _play_through_api(cases: Sequence[Case], tally: Tally) -> None:
    """A platform for each profile that the cases ask for, one after the other."""
    by_profile: dict[VenueProfile, list[Case]] = defaultdict(list)
    for case in cases:
        if (profile := _drivable(case)) is None:
            tally.play([case], refuse)
        else:
            by_profile[profile].append(case)
    for profile, mine in sorted(by_profile.items()):
        say(f"{len(mine)} cases: {profile.basis}, {profile.liquidity}, {profile.in_market_stop}")
        with platform_for(ROOT, profile) as stage:
            tally.play(mine, stage.play)


def _drivable(case: Case) -> VenueProfile | None:
    """The profile of a case that can be driven from outside; `refuse` says why one cannot."""
    try:
        refuse(case)
    except (NotDrivableError, UnknownFeatureError):
        return None
    return profile_of(case)


def in_core() -> Play:
    """Plays in the matching core alone."""
    sessions = [
        each for each in read_sessions(ROOT / "data" / "sessions.csv.gz") if each.exchange == "XNYS"
    ]
    calendar = Calendar(sessions)
    return lambda case: CorePlay(case, calendar).run()
