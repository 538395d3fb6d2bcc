"""What is generated is what its generator makes of today's sources; error codes mean one thing."""

import json

import jsonschema
import pytest

from local.gate import GENERATORS
from tests.architecture.project import PACKAGE, ROOT, sources
from tools import (
    compile_sql,
    generate_errors,
    generate_layer_requirements,
    generate_openapi,
    generate_order_rules,
    generate_protos,
)

# Made in two places by intent: at the gateway, before a function is asked, and in a function.
TWO_DOORS = {"no_token", "throttled", "payload_too_large", "unavailable"}


def test_the_openapi_document_is_up_to_date():
    assert (
        json.loads(generate_openapi.TARGET.read_text(encoding="utf-8"))
        == generate_openapi.document()
    )


def test_every_answer_and_body_of_the_document_has_an_example_that_fits_its_schema():
    document = generate_openapi.document()
    (problem,) = document["components"]["schemas"]["Problem"]["examples"]
    jsonschema.validate(problem, document["components"]["schemas"]["Problem"])
    shown = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                media = part.get("content", {}).get("application/json", {})
                if "$ref" in media.get("schema", {}):
                    schema = {**media["schema"], "components": document["components"]}
                    jsonschema.validate(media["example"], schema)
                    shown.add((path, method))
    assert len(shown) > 50


def test_the_compiled_statements_are_up_to_date():
    committed = PACKAGE / "adapters" / "postgres" / "compiled.py"

    assert committed.read_text(encoding="utf-8") == compile_sql.module()


def test_the_layers_requirements_are_up_to_date():
    committed = generate_layer_requirements.TARGET.read_text(encoding="utf-8")

    assert committed == generate_layer_requirements.requirements()


def test_the_list_of_errors_is_up_to_date():
    assert generate_errors.TARGET.read_text(encoding="utf-8") == generate_errors.document()


def test_the_page_on_orders_is_up_to_date():
    committed = generate_order_rules.TARGET.read_text(encoding="utf-8")

    assert committed == generate_order_rules.document()


def test_the_grpc_code_is_up_to_date():
    committed = {path.name: path.read_text() for path in generate_protos.OUTPUT.glob("*.py*")}

    assert committed == generate_protos.generated()


def test_every_generator_is_one_of_the_gates():
    modules = {path.stem for path in (ROOT / "tools").glob("*.py") if path.stem != "__init__"}

    # These write data, from sources that the gate has no need of; tests compare the two.
    modules -= {"build_sessions", "build_actions"}

    assert {f"tools.{name}" for name in modules} == set(GENERATORS)


def test_an_error_code_has_one_status_and_one_kind():
    meanings: dict[str, set[tuple[int, str]]] = {}
    for each in generate_errors.made():
        meanings.setdefault(each.code, set()).add((each.status, each.kind))
    doubled = {code for code, its in meanings.items() if len(its) > 1}

    assert doubled == TWO_DOORS
    assert {
        code for code, its in meanings.items() if len({status for status, _ in its}) > 1
    } == set()


def test_no_error_class_takes_the_code_of_another():
    codes: dict[str, set[str]] = {}
    for path, tree in sources("layers/hub/hub"):
        for name, kind in generate_errors.error_classes(ROOT / path, tree).items():
            codes.setdefault(kind.code, set()).add(name)

    assert {code: names for code, names in codes.items() if len(names) > 1} == {}


@pytest.mark.parametrize("code", ["error"])
def test_no_error_is_left_without_a_code(code):
    assert code not in {each.code for each in generate_errors.made()}
