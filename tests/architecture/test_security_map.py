"""`docs/security.md` and `docs/asvs.md` name tests that exist; the second leaves nothing out."""

import ast
import re
from functools import cache
from itertools import chain

import pytest

from tests.architecture.project import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# Of each section of ASVS 5.0.0, how many requirements are of level 1 or 2. In every section these
# are the first.
OF_LEVELS_1_AND_2 = {
    "V1": {1: 2, 2: 9, 3: 11, 4: 3, 5: 2},
    "V2": {1: 3, 2: 3, 3: 4, 4: 1},
    "V3": {2: 2, 3: 4, 4: 6, 5: 5, 7: 2},
    "V4": {1: 3, 2: 1, 3: 2, 4: 4},
    "V5": {1: 1, 2: 3, 3: 2, 4: 3},
    "V6": {1: 3, 2: 12, 3: 4, 4: 4, 5: 5, 6: 3, 8: 4},
    "V7": {1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2},
    "V8": {1: 2, 2: 3, 3: 1, 4: 1},
    "V9": {1: 3, 2: 4},
    "V10": {1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3},
    "V11": {1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 1},
    "V12": {1: 3, 2: 2, 3: 4},
    "V13": {1: 1, 2: 5, 3: 2, 4: 5},
    "V14": {1: 2, 2: 4, 3: 3},
    "V15": {1: 3, 2: 3, 3: 7},
    "V16": {1: 1, 2: 5, 3: 4, 4: 3, 5: 3},
    "V17": {1: 1, 2: 4, 3: 2},
}


def rows(name: str) -> list[list[str]]:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, functions))


def check_named(shown: str, left: str) -> list[tuple[str, str]]:
    named = NAMED.findall(shown)
    for path, name in named:
        assert name in functions_of(path), name
    assert NAMED.sub("", shown).strip() == ""
    assert "`tests/" not in left
    return named


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in rows("security.md")])
def test_what_a_row_names_is_there(row: list[str]):
    subject, shown, left = row
    assert check_named(shown, left), subject


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0][:30]) for row in rows("asvs.md")])
def test_a_requirement_is_shown_by_tests_or_said_why_not(row: list[str]):
    _requirements, short, shown, left = row
    assert short
    assert check_named(shown, left) or left
    assert not (shown and left.startswith("n/a"))


def test_every_requirement_of_levels_1_and_2_stands_there_once():
    wanted = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in OF_LEVELS_1_AND_2.items()
        for section, count in sections.items()
        for number in range(1, count + 1)
    ]
    assert len(wanted) == 70 + 183
    found = list(chain.from_iterable(row[0].split() for row in rows("asvs.md")))
    assert sorted(found) == sorted(wanted)


def test_the_map_is_one_of_the_whole_top_ten():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert {int(number) for number in re.findall(r"API(\d+)", text)} == set(range(1, 11))
