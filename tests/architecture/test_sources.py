"""What the code may not do: read clocks, dice or the environment outside its doors."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.adapters.postgres import compiled
from tests.architecture.project import PACKAGE, ROOT, functions, sources
from tools import compile_sql
from tools.generate_layer_requirements import WANTED

PURE = ("layers/hub/hub/domain", "layers/hub/hub/application", "functions")

# Modules whose very purpose is a clock, chance, or the world outside the process.
WORLDLY = {
    "os", "platform", "random", "secrets", "socket", "subprocess", "sys", "threading", "time",
    "uuid",
}  # fmt: skip
# These make an id of what is there: the same every time.
HARMLESS = {"uuid.UUID", "uuid.uuid5"}
READINGS = {"now", "utcnow", "today", "getenv", "urandom"}
# A port's method has the same name as what it stands for.
PORTS = {"clock", "_clock"}

VOLATILE = re.compile(
    r"\b(now|random|gen_random_uuid|uuid_generate_v\d\w*|uuidv7|nextval|clock_timestamp"
    r"|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\bcurrent_(date|time|timestamp)\b"
    r"|\blocaltime(stamp)?\b",
    re.IGNORECASE,
)


def world_in(tree: ast.Module) -> Iterator[int]:
    """Lines where a module imports the world, or asks a class of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and _worldly(node) - HARMLESS:
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            asks_a_port = isinstance(owner, ast.Attribute) and owner.attr in PORTS
            if node.func.attr in READINGS and not asks_a_port:
                yield node.lineno


def _worldly(node: ast.Import | ast.ImportFrom) -> set[str]:
    """What a statement brings in from the worldly modules."""
    if isinstance(node, ast.Import):
        return {each.name for each in node.names if each.name.partition(".")[0] in WORLDLY}
    module = node.module or ""
    return {f"{module}.{each.name}" for each in node.names if module.partition(".")[0] in WORLDLY}


def test_rules_use_cases_and_handlers_read_no_clock_no_dice_and_no_environment():
    found = [f"{path}:{line}" for path, tree in sources(*PURE) for line in world_in(tree)]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.date.today()",
        "from os import environ",
        "import random",
        "from time import time",
        "import uuid",
        "from uuid import uuid4",
    ],
)
def test_the_check_above_sees_each_way_to_the_world(text):
    assert list(world_in(ast.parse(text)))


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def func_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """`func.now()` of SQLAlchemy, as the text that it becomes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"func", "sa.func"}:
            yield node.lineno, f"{node.attr}("


def test_no_statement_takes_time_chance_or_ids_from_the_database():
    found = [
        f"{path}:{line}"
        for path, tree in sources("layers/hub/hub/adapters/postgres")
        for line, text in [*texts(tree), *func_calls(tree)]
        if VOLATILE.search(text)
    ]

    assert found == []
    assert VOLATILE.search(compile_sql.module()) is None


def test_only_settings_reads_the_environment():
    readers = {
        path
        for path, tree in sources("layers/hub/hub", "functions")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"os.environ", "os.getenv", "os.putenv"}
    }

    assert readers == {"layers/hub/hub/settings.py"}


# Names under which packages are imported, where these are not their own.
IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "aws-lambda-powertools": "aws_lambda_powertools",
    "grpcio": "grpc",
    "pyjwt": "jwt",
}
# Packages that others load by themselves.
LOADED_BY_OTHERS = {
    "hiredis": "redis parses with it where it is there",
    "psycopg-binary": "psycopg's fast half",
}
OURS = {"hub"}
PULLED_IN = {"pydantic_core": "pydantic"}


def test_the_layer_holds_what_hub_and_the_functions_import_and_nothing_else():
    imported = set()
    for _, tree in sources("layers/hub/hub", "functions"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    third_party = {PULLED_IN.get(name, name) for name in imported - sys.stdlib_module_names - OURS}

    assert third_party == {
        IMPORTED_AS.get(name, name) for name in set(WANTED) - set(LOADED_BY_OTHERS)
    }


def test_files_functions_and_class_names_keep_to_the_house_rules():
    banned = re.compile(r"(Manager|Helper|Utils?|Service|Base|Handler)$")
    trees = list(sources("layers/hub/hub", "functions", "stream", "local", "tools"))
    trees = [(path, tree) for path, tree in trees if not path.startswith("stream/gen/")]
    classes = {
        f"{path}:{node.name}"
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and banned.search(node.name)
    }

    assert classes == set()
    assert [path for path, tree in trees if not ast.get_docstring(tree)] == []


def test_every_function_module_says_what_it_is_for():
    for function in functions():
        words = ast.get_docstring(ast.parse(function.path.read_text(encoding="utf-8"))) or ""
        for event in function.events("Api"):
            start = f"{event['Method'].upper()} {event['Path'].removeprefix('/api/v1')}: "
            assert words.startswith(start), function.name


def test_no_source_is_longer_than_a_reader_can_hold():
    longest = {
        path.relative_to(ROOT).as_posix(): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
        and "migrations" not in path.parts
        and path != Path(compiled.__file__)  # nobody reads it but PostgreSQL
    }

    assert longest == {}
