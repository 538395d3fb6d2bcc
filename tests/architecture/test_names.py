"""One name in every room: template, handler file, route, use case, OpenAPI document."""

import json
from importlib import import_module

import pytest

from hub.bootstrap import Hub
from tests.architecture.project import (
    RESOURCES,
    ROOT,
    Function,
    functions,
    handler_files,
    of_type,
    pascal,
)

PREFIXES = ("on_", "step_", "job_")
TRIGGERS = {"on_": "SQS", "step_": None, "job_": "ScheduleV2"}

# Handlers whose use case has another name, and those with none, each with its reason.
OTHER_USE_CASE = {
    "on_order_submitted": "process_submitted",  # a queue's handler is named after the event
    "on_order_undelivered": "begin_recovery",  # a queue's handler is named after the event
    "on_order_routed": "follow_order",  # a queue's handler is named after the event
    "on_notice_requested": "send_notice",  # a queue's handler is named after the event
    "get_order_status": "get_order",  # the same order, in fewer words
    "on_account_event": "deliver_account_events",  # a queue's handler is named after the event
    "on_notable_event": "notify_customers",  # a queue's handler is named after the event
    "resume_account": "subscribe_account",  # the same, from another place in the log
}
NO_USE_CASE = {
    "get_jwks": "shows what the Tokens port verifies by",
    "migrate": "a deployment's step, made of the adapter alone",
    "get_live": "answers without asking anything",
    "get_openapi": "serves a file",
    "get_docs": "serves a file",
    "ping_connection": "answers without asking anything",
    "refuse_frame": "answers without asking anything",
}
WITHOUT_HANDLER = {
    ("identity", "find_live_keys"),  # the stream task's, whose streams outlast their keys
    ("orders", "watch_resting_orders"),  # the stream task's, which lives long enough to watch
    ("identity", "attempts"),  # what every proof by a password shares
    ("identity", "second_factor"),  # what log-in and its removal share
    ("settlement", "venue_files"),  # the venue's record, as it is written and read
    ("settlement", "market_day"),  # the day by which things fall due, for job and administrator
    ("watchlists", "lists"),  # what the commands on watchlists share
    ("accounts", "valuing"),  # what every view of positions shares
    ("accounts", "cash_moves"),  # what deposits and withdrawals share
    ("orders", "steps"),  # what deciding and expiring share
    ("orders", "election"),  # what watching and deciding share
    ("orders", "booking"),  # how what is decided is booked, whoever decides
    ("orders", "venue_booking"),  # how what an outside venue says is booked
    ("orders", "intake"),  # what submitting and previewing share
    ("orders", "lifetime"),  # when an order works, for intake and replacement
    ("orders", "recovering"),  # what the steps of a recovery share
    ("operations", "deciding"),  # what a person's decisions on an order share
    ("orders", "postpone_failed"),  # what on_order_submitted does where it fails
    ("orders", "canceling"),  # what the commands on open orders share
    ("notifications", "delivering"),  # what telling at once and telling later share
    ("streaming", "telling"),  # what subscribing and delivering share
    ("orders", "preview_order"),  # submit_order's, with dry_run
}

WEBSOCKET = [
    route["FunctionArn"]["Fn::GetAtt"][0]
    for its in of_type("AWS::Serverless::WebSocketApi").values()
    for route in its["Routes"].values()
]

ALL = [pytest.param(each, id=each.name) for each in functions()]
HTTP = [pytest.param(each, id=each.name) for each in functions() if each.events("Api")]


def use_case(function: Function) -> str:
    stem = function.stem
    for prefix in PREFIXES:
        stem = stem.removeprefix(prefix)
    return OTHER_USE_CASE.get(function.stem, stem)


def test_every_handler_file_is_a_function_of_the_template():
    assert [each.path for each in sorted(functions(), key=lambda its: its.path)] == handler_files()


def test_no_two_handler_files_have_the_same_name():
    stems = [path.stem for path in handler_files()]

    assert len(stems) == len(set(stems))


def test_every_context_is_a_package_which_the_import_contracts_can_see():
    contexts = {path.parent for path in handler_files()}

    assert [path.name for path in contexts if not (path / "__init__.py").is_file()] == []


@pytest.mark.parametrize("function", ALL)
def test_a_logical_id_is_the_handlers_name_in_capitals(function):
    assert function.name == pascal(function.stem)
    assert function.properties["Handler"] == f"{function.stem}.handler"
    assert callable(function.module.handler)


@pytest.mark.parametrize("function", ALL)
def test_the_prefix_of_a_name_tells_the_trigger(function):
    kinds = {event["Type"] for event in function.properties.get("Events", {}).values()}
    prefix = next((each for each in PREFIXES if function.stem.startswith(each)), None)

    if prefix is None:
        assert kinds <= {"Api"}
    else:
        assert kinds == {TRIGGERS[prefix]} - {None}
    if not kinds and prefix is None and function.name not in WEBSOCKET:
        assert function.stem in {"authorize", "migrate"}


def test_every_route_of_the_websocket_api_leads_to_a_function_of_its_own_room():
    contexts = {each.name: each.context for each in functions()}

    assert {contexts[name] for name in WEBSOCKET} == {"streaming"}
    assert len(WEBSOCKET) == len(set(WEBSOCKET))


@pytest.mark.parametrize("function", HTTP)
def test_a_route_is_the_templates_event_and_bears_the_handlers_name(function):
    [event] = function.events("Api")
    route = function.route

    assert (route.method.lower(), route.path) == (event["Method"], event["Path"])
    assert route.function.__name__ == function.stem


def test_no_method_and_path_is_served_twice():
    routes = [(its["Method"], its["Path"]) for each in functions() for its in each.events("Api")]

    assert len(routes) == len(set(routes))


def test_only_functions_with_an_http_event_declare_a_route():
    declared = {each.name for each in functions() if each.route is not None}

    assert declared == {each.name for each in functions() if each.events("Api")}


def test_the_openapi_document_has_exactly_the_routes_by_the_handlers_names():
    document = json.loads((ROOT / "functions/operations/openapi.json").read_text(encoding="utf-8"))
    operations = {
        (method, path, operation["operationId"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert operations == {
        (event["Method"], event["Path"], each.stem)
        for each in functions()
        for event in each.events("Api")
    }


@pytest.mark.parametrize("function", ALL)
def test_a_handler_has_the_use_case_of_its_name_in_its_context(function):
    if function.stem in NO_USE_CASE:
        assert not (
            ROOT / f"layers/hub/hub/application/{function.context}/{function.stem}.py"
        ).exists()
        return
    name = use_case(function)
    module = import_module(f"hub.application.{function.context}.{name}")

    assert isinstance(getattr(module, pascal(name)), type)
    assert hasattr(Hub, name), "bootstrap wires it under the same name"


def test_every_use_case_has_a_handler():
    rooms = (ROOT / "layers/hub/hub/application").glob("*/*.py")
    cases = {
        (path.parent.name, path.stem)
        for path in rooms
        if path.name != "__init__.py" and path.parent.name != "ports"
    }

    assert cases - WITHOUT_HANDLER == {
        (each.context, use_case(each)) for each in functions() if each.stem not in NO_USE_CASE
    }
    assert cases >= WITHOUT_HANDLER


def test_the_exceptions_are_handlers_that_exist():
    stems = {each.stem for each in functions()}

    assert {*OTHER_USE_CASE, *NO_USE_CASE} <= stems


def test_no_state_machine_file_is_without_a_machine():
    named = {
        its["Properties"]["DefinitionUri"]
        for its in RESOURCES.values()
        if its["Type"] == "AWS::Serverless::StateMachine"
    }
    files = (ROOT / "statemachines").glob("*")

    assert {path.relative_to(ROOT).as_posix() for path in files} == named


def test_a_machine_is_named_as_its_file():
    machines = {
        name: its["Properties"]["DefinitionUri"]
        for name, its in RESOURCES.items()
        if its["Type"] == "AWS::Serverless::StateMachine"
    }
    stems = {name: path.split("/")[-1].removesuffix(".asl.json") for name, path in machines.items()}

    assert {name: pascal(stem) for name, stem in stems.items()} == {name: name for name in stems}
