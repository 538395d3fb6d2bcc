"""What the front door answers by itself: AWS's words, or the template's."""

import io
import json

import pytest

from local.template import TemplateError
from tests.local.api.conftest import RESPONSES


async def test_an_unknown_path_or_method_is_what_aws_says(door):
    for method, path in (("GET", "/nowhere"), ("PUT", "/open"), ("GET", "/open/"), ("GET", "//")):
        status, headers, body = await door.ask(method, path)
        assert status == 403
        assert json.loads(body) == {"message": "Missing Authentication Token"}
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_the_template_can_say_it_otherwise(open_door):
    door = await open_door(RESPONSES)
    status, headers, body = await door.ask("GET", "/nowhere")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(body) == {"status": 404, "id": headers["x-amzn-RequestId"]}


async def test_a_header_of_the_template_may_name_the_type_of_its_answer(open_door):
    """The only way to problem+json for clients that ask for application/json alone."""
    own = "ResponseParameters: {Headers: {Content-Type: \"'application/problem+json'\"}}"
    door = await open_door(
        RESPONSES.replace(
            'ResponseTemplates: {application/problem+json: \'{"status"',
            f'{own}\n          ResponseTemplates: {{application/json: \'{{"status"',
        )
    )
    status, headers, _ = await door.ask("GET", "/nowhere")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")


async def test_a_kind_without_its_own_response_takes_that_of_its_family(open_door):
    door = await open_door(RESPONSES)
    status, headers, body = await door.ask("GET", "/api/v1/orders/1")
    assert (status, json.loads(body)) == (401, {"type": "UNAUTHORIZED"})
    assert headers["Access-Control-Allow-Origin"] == "*"


async def test_a_slow_function_times_out(open_door):
    door = await open_door(integration_timeout=0.2)
    status, _, body = await door.answer("sleep")
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})


async def test_a_time_out_can_be_a_503(open_door):
    door = await open_door(RESPONSES, integration_timeout=0.2)
    status, headers, body = await door.answer("sleep")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert json.loads(body) == {"title": "Endpoint request timed out"}


@pytest.mark.parametrize("megabytes", [7, 11])
async def test_a_request_too_large_for_the_gateway_or_for_lambda_is_refused(door, megabytes):
    sent = io.BytesIO(b"x" * megabytes * 1_000_000)
    status, _, body = await door.ask("POST", "/open", data=sent)
    assert (status, json.loads(body)) == (413, {"message": "Request Too Long"})


async def test_a_preflight_is_answered_without_a_function(door):
    status, headers, _ = await door.ask("OPTIONS", "/open")
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "https://hub.example"
    assert headers["Access-Control-Allow-Headers"] == "Authorization"
    assert headers["Access-Control-Allow-Methods"] == "GET,OPTIONS,POST"
    assert headers["Access-Control-Max-Age"] == "600"
    assert (await door.ask("OPTIONS", "/files/any"))[2] == b"{}"
    assert (await door.ask("OPTIONS", "/nowhere"))[0] == 403


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("INTEGRATION_TIMEOUT:", "INTEGRATION_TIME:", "INTEGRATION_TIME: is no gateway response"),
        ("$context.requestId", "$context.mood", r"\$context.mood is not supported"),
        ("\"'1'\"", "context.requestId", "only '...' literals"),
    ],
)
async def test_what_it_would_answer_wrongly_is_refused_at_the_start(open_door, old, new, message):
    with pytest.raises(TemplateError, match=message):
        await open_door(RESPONSES.replace(old, new))
