"""What a new execution environment costs: the init of each handler against a hello's.

Each runs in Lambda's own runtime interface client, which asks a Runtime API on this machine for
its first invocation: from the start of the process to that request is the init. The sources are
compiled beforehand, as `./dev build` leaves them.
"""

import argparse
import compileall
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

from benchmarks.report import Figure, Report, ratio
from benchmarks.runtime_api import RuntimeApi
from local.options import ROOT
from local.template import read_template

BARE = "def handler(event, context):\n    return {}\n"
HELLO = """
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

logger, metrics, app = Logger(service="hello"), Metrics(namespace="hello"), APIGatewayRestResolver()


@app.get("/hello")
def hello():
    return {"message": "hello"}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event, context):
    return app.resolve(event, context)
"""
# What the first order still has to import, as adapters are imported where they are made.
WIRED = """
from submit_order import handler

import redis
from hub.bootstrap import hub

hub().submit_order
"""
_TARGET = "SubmitOrder"
_IMPORT_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)$", re.MULTILINE)
_HEAVIEST = 15
_NOTES = (
    "init: from the start of the process to its first request for an invocation, best round.",
    "x hello: the median over rounds of the ratio to Powertools' Logger, Metrics and resolver.",
)


class Candidate(NamedTuple):
    """A handler in the folder it is found in, as the template names it."""

    folder: str
    handler: str


class Import(NamedTuple):
    """One module's own share of an import, in microseconds."""

    module: str
    own: int


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench cold_start")
    parser.add_argument("--rounds", type=int, default=7, help="how often each handler starts (7)")
    given = parser.parse_args(list(words))
    with laid_out() as folder:
        candidates = _candidates(folder)
        took = _rounds(folder, candidates, given.rounds)
        heavy = heaviest(_import_times(folder, candidates[_TARGET]))
    figures = [*compared(took), *(_figure(each) for each in heavy)]
    return Report(figures, _NOTES, {"seconds of init by round": took})


def compared(took: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    """Each handler's best init, and how many times a hello it is; slowest first."""
    for name in sorted(took, key=lambda each: min(took[each]), reverse=True):
        yield Figure(f"{name}: init", round(min(took[name]) * 1000, 1), "ms")
        times = 1 / ratio(took["hello"], took[name]).median
        yield Figure(f"{name}: x hello", round(times, 2), most=3 if name == _TARGET else None)


@contextmanager
def laid_out() -> Iterator[Path]:
    """The functions, the layer and the two references as they lie in Lambda, with bytecode."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "functions", folder / "functions", ignore=ignored)
        shutil.copytree(ROOT / "layers" / "hub" / "hub", folder / "layer" / "hub", ignore=ignored)
        references = folder / "references"
        references.mkdir()
        (references / "bare.py").write_text(BARE)
        (references / "hello.py").write_text(HELLO)
        (folder / "functions" / "orders" / "wired.py").write_text(WIRED)
        compiled = compileall.compile_dir(
            folder, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH
        )
        if not compiled:
            raise RuntimeError("the sources do not compile")
        yield folder


def _candidates(folder: Path) -> dict[str, Candidate]:
    """The handlers of the template by name, and the references."""
    functions = read_template(ROOT / "template.yaml", {}, endpoint="").functions
    found = {
        spec.logical_id: Candidate(
            str(folder / "functions" / spec.code_uri.relative_to(ROOT / "functions")), spec.handler
        )
        for spec in functions.values()
    }
    references = str(folder / "references")
    return {
        "bare": Candidate(references, "bare.handler"),
        "hello": Candidate(references, "hello.handler"),
        f"{_TARGET} and all it uses": found[_TARGET]._replace(handler="wired.handler"),
        **found,
    }


def _rounds(
    folder: Path, candidates: Mapping[str, Candidate], rounds: int
) -> dict[str, list[float]]:
    """A first round fills the caches and is thrown away; then each in an order of chance."""
    took: dict[str, list[float]] = {name: [] for name in candidates}
    with RuntimeApi() as api:
        for number in range(rounds + 1):
            for name in random.sample(list(candidates), len(candidates)):
                seconds = api.init(
                    _command(candidates[name]), _environment(folder, candidates[name])
                )
                if number:
                    took[name].append(seconds)
    return took


def _command(candidate: Candidate) -> list[str]:
    return [sys.executable, "-m", "awslambdaric", candidate.handler]


def _environment(folder: Path, candidate: Candidate) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{candidate.folder}:{folder / 'layer'}",
        "LAMBDA_TASK_ROOT": candidate.folder,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "bench",
    }


def _import_times(folder: Path, candidate: Candidate) -> str:
    """What CPython says of each import that the handler makes; the second time, from bytecode."""
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        f"import {candidate.handler.partition('.')[0]}",
    ]
    environment = _environment(folder, candidate)
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stderr


def heaviest(importtime: str) -> list[Import]:
    """The packages with the largest own time, all their modules together."""
    shares: dict[str, int] = {}
    for own, _, _, module in _IMPORT_LINE.findall(importtime):
        package = ".".join(module.split(".")[: 2 if module.startswith("hub") else 1])
        shares[package] = shares.get(package, 0) + int(own)
    ranked = sorted(shares.items(), key=lambda each: each[1], reverse=True)
    return [Import(*each) for each in ranked[:_HEAVIEST]]


def _figure(each: Import) -> Figure:
    return Figure(f"import of {_TARGET}: {each.module}", round(each.own / 1000, 1), "ms")
