"""`./dev fidelity FILE...`: plays case files; prints what passed and what was not as expected."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.domain.market.calendar import Calendar
from local.fidelity.cases import Case, CaseFileError, UnknownFeatureError, read_cases
from local.fidelity.in_core import CorePlay
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
        cases = [case for path in given.files for case in read_cases(path)]
    except CaseFileError as error:
        say(str(error))
        return 2
    return report(cases, in_core())


def in_core() -> Play:
    """Plays in the matching core alone."""
    sessions = [
        each for each in read_sessions(ROOT / "data" / "sessions.csv.gz") if each.exchange == "XNYS"
    ]
    calendar = Calendar(sessions)
    return lambda case: CorePlay(case, calendar).run()


def report(cases: Sequence[Case], play: Play) -> int:
    passed = failed = 0
    for case in cases:
        try:
            lines = play(case)
        except UnknownFeatureError as error:
            lines = [f"not offered: {error}"]
            if case.optional:
                say(f"{case.case_id} left out ({', '.join(case.optional)}): {error}")
                continue
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            lines = [f"is not of the schema: {error!r}"]
        for line in lines:
            say(f"{case.case_id} {line}")
        passed, failed = passed + (not lines), failed + bool(lines)
    say(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1
