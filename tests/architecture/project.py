"""What the architecture tests read: the template, the files it names, the code behind them."""

import ast
import copy
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

from samtranslator.translator.transform import transform

from hub.entrypoints.http import Api, Route
from local.template.document import read_document

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "layers" / "hub" / "hub"
TEMPLATE = read_document(ROOT / "template.yaml")
RESOURCES: Mapping[str, Any] = TEMPLATE["Resources"]
GLOBALS: Mapping[str, Any] = TEMPLATE["Globals"]["Function"]


class Function(NamedTuple):
    """One function of the template. `stem` is its handler file's name without the ending."""

    name: str
    context: str
    stem: str
    properties: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return ROOT / "functions" / self.context / f"{self.stem}.py"

    @property
    def sample(self) -> Path:
        return ROOT / "events" / self.context / f"{self.stem}.json"

    @property
    def module(self) -> ModuleType:
        return import_module(f"functions.{self.context}.{self.stem}")

    @property
    def route(self) -> Route | None:
        api = getattr(self.module, "api", None)
        return api.route if isinstance(api, Api) else None

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        events = self.properties.get("Events", {}).values()
        return [event["Properties"] for event in events if event["Type"] == kind]

    @property
    def policies(self) -> list[Any]:
        """Its own, or those of ours that the role has which it shares."""
        if "Role" not in self.properties:
            return list(self.properties.get("Policies", []))
        role = self.properties["Role"]["Fn::GetAtt"][0]
        given = RESOURCES[role]["Properties"]["ManagedPolicyArns"]
        return [each for each in given if "Ref" in each]

    @property
    def timeout(self) -> int:
        return int(self.properties.get("Timeout", GLOBALS["Timeout"]))


def of_type(kind: str) -> dict[str, Mapping[str, Any]]:
    """The properties of every resource of a type, by logical id."""
    return {name: its["Properties"] for name, its in RESOURCES.items() if its["Type"] == kind}


def functions() -> list[Function]:
    return [
        Function(
            name,
            its["CodeUri"].removeprefix("functions/"),
            its["Handler"].removesuffix(".handler"),
            its,
        )
        for name, its in of_type("AWS::Serverless::Function").items()
    ]


def handler_files() -> list[Path]:
    files = (ROOT / "functions").glob("*/*.py")
    return sorted(path for path in files if path.name != "__init__.py")


def pascal(stem: str) -> str:
    return "".join(part.capitalize() for part in stem.split("_"))


def machines() -> dict[str, tuple[Mapping[str, Any], str]]:
    """Properties and definition text of every state machine, by logical id."""
    return {
        name: (its, (ROOT / its["DefinitionUri"]).read_text(encoding="utf-8"))
        for name, its in of_type("AWS::Serverless::StateMachine").items()
    }


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@cache
def translated() -> dict[str, Any]:
    """The template as CloudFormation gets it; local folders stand as if they were uploaded."""
    document = json.loads(json.dumps(copy.deepcopy(TEMPLATE)))
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if key in properties:
                properties[key] = "s3://artefacts/package.zip"
        if "DefinitionUri" in properties:
            text = (ROOT / properties.pop("DefinitionUri")).read_text(encoding="utf-8")
            properties["Definition"] = json.loads(text)
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}):
        done: dict[str, Any] = transform(document, {}, _NoManagedPolicies())
    return done


def walk(value: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping inside a document, with where it stands."""
    if isinstance(value, Mapping):
        yield place, value
        for key, each in value.items():
            yield from walk(each, f"{place}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from walk(each, f"{place}/{index}")


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Path from the root and syntax tree of every Python file below the folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
