"""Generates the OpenAPI document from the handlers: their routes, models and errors.

python -m tools.generate_openapi            rewrite it
python -m tools.generate_openapi --check    fail where it differs
"""

import importlib
import json
import sys
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from hub.entrypoints.errors import OUTCOMES
from hub.entrypoints.http import Answer, Api, Route

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "functions" / "operations" / "openapi.json"
REFERENCE = "#/components/schemas/{model}"

Handler = tuple[str, Route, tuple[Any, ...]]

# What stands for a word in an example, by the name of its field.
_WORDS = {
    "currency": "USD",
    "category": "stocks",
    "email": "ada@example.com",
    "exchange": "XNYS",
    "kind": "paper",
    "name": "Apple Inc.",
    "side": "buy",
    "state": "new",
    "status": "PROCESSING",
    "symbol": "AAPL",
    "time_in_force": "day",
    "type": "limit",
    "without_price": "FB",
}

PROBLEM = {
    "type": "object",
    "description": "An error, after RFC 9457. `errors` names each field and the rule it breaks.",
    "required": ["type", "title", "status", "detail", "code", "errors", "trace_id"],
    "examples": [
        {
            "type": "urn:hub:problem:invalid_input",
            "title": "The request is malformed",
            "status": 400,
            "detail": "the request breaks a rule",
            "code": "invalid_input",
            "errors": [
                {"field": "limit", "rule": "less_than_equal", "message": "at most 500 is wanted"}
            ],
            "trace_id": "5b1f0f6e-8f0a-4c1e-9d3b-0a1b2c3d4e5f",
        }
    ],
    "properties": {
        "type": {"type": "string", "examples": ["urn:hub:problem:invalid_input"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["invalid_input"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "rule": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "trace_id": {"type": "string"},
    },
}


def handlers() -> Iterator[Handler]:
    """Every HTTP handler: its context, its route, the models it answers with."""
    for file in sorted((ROOT / "functions").glob("*/*.py")):
        module = importlib.import_module(f"functions.{file.parent.name}.{file.stem}")
        api = getattr(module, "api", None)
        if isinstance(api, Api) and api.route is not None:
            yield file.parent.name, api.route, answer_models(module, api.route)


def answer_models(module: Any, route: Route) -> tuple[Any, ...]:
    """What a route returns; where it only says that its status varies, the module's last model."""
    returns = get_args(route.returns) or (route.returns,)
    named = tuple(each for each in returns if each is not Answer)
    if named:
        return named
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, BaseModel)
        and value.__module__ == module.__name__
    ]
    return (own[-1],)


def document() -> dict[str, Any]:
    routes = list(handlers())
    models = [
        (each, "serialization") for _, _, answers in routes for each in answers if _is_model(each)
    ]
    models += [
        (each.type, "validation")
        for _, route, _ in routes
        for each in route.parameters
        if each.place == "body"
    ]
    known, schemas = models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]  # modes are literals
    paths: dict[str, Any] = {}
    components = {**schemas.get("$defs", {}), **_parameter_schemas(routes), "Problem": PROBLEM}
    for tag, route, answers in routes:
        operation = _operation(tag, route, answers, known)
        _show(operation, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hub",
            "version": "1",
            "description": "A brokerage back end: accounts, quotes, orders, positions, books.",
            "license": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _parameter_schemas(routes: list[Handler]) -> dict[str, Any]:
    """The enumerations that query and path parameters refer to."""
    found: dict[str, Any] = {}
    for _, route, _ in routes:
        for each in route.parameters:
            if each.adapter is not None and each.place in {"path", "query"}:
                found.update(each.adapter.json_schema().get("$defs", {}))
    return found


def _is_model(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, BaseModel)


def _operation(tag: str, route: Route, answers: tuple[Any, ...], known: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.function.__name__,
        "tags": [tag],
        "summary": _summary(route),
        "responses": _responses(route, answers, known),
    }
    if parameters := list(_parameters(route)):
        operation["parameters"] = parameters
    for each in route.parameters:
        if each.place == "body":
            schema = known[(each.type, "validation")]
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
    if not route.public:
        operation["security"] = [{"token": [route.access.scope]}]
    return operation


def _summary(route: Route) -> str:
    module = sys.modules[route.function.__module__]
    _, _, words = (getdoc(module) or "").partition(": ")
    return words[:1].upper() + words[1:].rstrip(".")


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for each in route.parameters:
        if each.place not in {"path", "query"}:
            if each.place == "request" and route.method == "POST":
                yield {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                }
            continue
        schema = TypeAdapter(each.type).json_schema(ref_template=REFERENCE)
        schema.pop("$defs", None)
        yield {"name": each.name, "in": each.place, "required": each.required, "schema": schema}


def _responses(route: Route, answers: tuple[Any, ...], known: Any) -> dict[str, Any]:
    kind = "text/html" if route.path.endswith("/docs") else "application/json"
    shown = [_shown(each, kind, known) for each in answers]
    schema = shown[0] if len(shown) == 1 else {"anyOf": shown}
    good: dict[str, Any] = {"description": "Done", "content": {kind: {"schema": schema}}}
    statuses = {str(route.status): good}
    varies = Answer in (route.returns, *get_args(route.returns))
    if varies and route.status != 200:
        statuses["200"] = {**good, "description": "Done before, or nothing was to be done"}
    refusals = {400, 500, 503, *route.problems} | (set() if route.public else {401, 403})
    if route.access.doors is not None:
        refusals |= {429}
    if any(each.place == "body" for each in route.parameters):
        refusals |= {413, 415}
    titles = {outcome.status: outcome.title for outcome in OUTCOMES}
    for status in sorted(refusals):
        reference = {"$ref": REFERENCE.format(model="Problem")}
        # A route that says nothing of its statuses may refuse with its own words, too.
        own = good["content"] if route.returns is Answer and status in route.problems else {}
        statuses[str(status)] = {
            "description": titles.get(
                status, "The request is malformed" if status < 500 else "A defect"
            ),
            "content": {**own, "application/problem+json": {"schema": reference}},
        }
    return statuses


def _show(operation: dict[str, Any], components: dict[str, Any]) -> None:
    """Each answer, and what is asked for in a body, with an example; a problem has one for all."""
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        media = part.get("content", {}).get("application/json", {})
        if "$ref" in media.get("schema", {}):
            media["example"] = example_of(media["schema"], components)


def example_of(schema: dict[str, Any], components: dict[str, Any], name: str = "") -> Any:
    """A value that the schema allows: as its fields say themselves, or as their names do."""
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components, name)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components, name)
    return _plain_example(schema, components, name)


def _plain_example(schema: dict[str, Any], components: dict[str, Any], name: str) -> Any:
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {each: example_of(its, components, each) for each, its in fields.items()}
    if kind == "array":
        return [example_of(schema["items"], components, name.removesuffix("s"))]
    if kind == "string":
        return _text(schema.get("format", ""), name)
    return {"integer": 1, "number": 1.0, "boolean": False}.get(str(kind), {})


def _text(kind: str, name: str) -> str:
    by_format = {
        "uuid": "01900000-0000-7000-8000-000000000001",
        "date-time": "2012-06-01T14:00:00Z",
        "date": "2012-06-01",
    }
    if kind in by_format:
        return by_format[kind]
    return by_format["uuid"] if name.endswith("_id") else _WORDS.get(name, name)


def _shown(answer: Any, kind: str, known: Any) -> Any:
    if _is_model(answer):
        return known[(answer, "serialization")]
    return {"type": "object" if kind == "application/json" else "string"}


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == text() else 1
    TARGET.write_text(text(), encoding="utf-8")
    print(f"written: {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
