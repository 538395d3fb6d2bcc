"""`docs/security.md` names tests that exist, and every row names one."""

import ast
import re

import pytest

from tests.architecture.project import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0].strip()) for row in ROWS])
def test_what_a_row_names_is_there(row: list[str]):
    subject, shown, left = row
    named = NAMED.findall(shown)
    assert named, subject
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {each.name for each in ast.walk(tree) if isinstance(each, functions)}
    assert NAMED.sub("", shown).strip() == ""
    assert "`tests/" not in left


def test_the_map_is_one_of_the_whole_top_ten():
    assert {int(number) for number in re.findall(r"API(\d+)", TEXT)} == set(range(1, 11))
