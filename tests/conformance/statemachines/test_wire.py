import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import ClientError

from local.awsapi import ApiError
from local.statemachines.wire import TARGET_PREFIX, StepFunctions
from tests.conformance.statemachines.lab import INVOKE, Lab, machine, result, task


@pytest.fixture
async def client(lab: Lab) -> AsyncIterator[Any]:
    """Plain boto3 against the API on a port of this machine."""
    api = StepFunctions(lab.engine)

    async def answer(request: web.Request) -> web.Response:
        prefix, _, action = request.headers["X-Amz-Target"].partition(".")
        assert prefix == TARGET_PREFIX
        try:
            body, status = await api.call(action, await request.json()), 200
        except ApiError as error:
            body, status = {"__type": error.code, "message": error.message}, error.status
        return web.json_response(body, status=status, content_type="application/x-amz-json-1.0")

    application = web.Application()
    application.router.add_post("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    opened = boto3.client(
        "stepfunctions",
        endpoint_url=f"http://127.0.0.1:{runner.addresses[0][1]}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )
    yield opened
    opened.close()
    await runner.cleanup()


async def call(method: Any, **arguments: Any) -> Any:
    return await asyncio.to_thread(method, **arguments)


async def ended(lab: Lab, client: Any, arn: str) -> Any:
    running = await call(client.describe_execution, executionArn=arn)
    if running["status"] == "RUNNING":
        await asyncio.wait_for(lab.engine.execution(arn).finished(), 5)
    return await call(client.describe_execution, executionArn=arn)


async def test_boto3_starts_describes_and_lists_an_execution(lab, client):
    arn = lab.engine.register("Machine", machine(Only=task()), "STANDARD")
    started = await call(client.start_execution, stateMachineArn=arn, name="n", input='{"a": 1}')
    described = await ended(lab, client, started["executionArn"])
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"a": 1}
    assert described["startDate"] == started["startDate"]
    listed = await call(client.list_executions, stateMachineArn=arn, statusFilter="SUCCEEDED")
    assert [execution["name"] for execution in listed["executions"]] == ["n"]
    none = await call(client.list_executions, stateMachineArn=arn, statusFilter="FAILED")
    assert none["executions"] == []


async def test_boto3_runs_an_express_execution_to_its_end(lab, client):
    arn = lab.engine.register("Machine", machine(Only=result(Output=[1])), "EXPRESS")
    answer = await call(client.start_sync_execution, stateMachineArn=arn)
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "[1]")


async def test_boto3_raises_the_error_that_step_functions_names(client):
    with pytest.raises(ClientError) as refused:
        await call(
            client.describe_execution, executionArn="arn:aws:states:us-east-1:0:execution:a:b"
        )
    assert refused.value.response["Error"]["Code"] == "ExecutionDoesNotExist"


async def test_boto3_answers_a_task_token(lab, client):
    only = task(
        Resource=f"{INVOKE}.waitForTaskToken",
        Arguments={"FunctionName": "Echo", "Payload": "{% $states.context.Task.Token %}"},
    )
    arn = lab.engine.register("Machine", machine(Only=only), "STANDARD")
    started = await call(client.start_execution, stateMachineArn=arn)
    token = lab.payloads("Echo")[0]
    await call(client.send_task_heartbeat, taskToken=token)
    with pytest.raises(client.exceptions.InvalidOutput):
        await call(client.send_task_success, taskToken=token, output="not json")
    await call(client.send_task_success, taskToken=token, output='"done"')
    assert (await ended(lab, client, started["executionArn"]))["output"] == '"done"'
    with pytest.raises(client.exceptions.TaskTimedOut):
        await call(client.send_task_failure, taskToken=token)


async def test_boto3_pages_through_a_history_from_either_end(lab, client):
    execution = await lab.run(machine(Only=result()))
    paginator = client.get_paginator("get_execution_history")

    def types(**order: Any) -> list[str]:
        pages = paginator.paginate(executionArn=execution.arn, maxResults=3, **order)
        return [event["type"] for page in pages for event in page["events"]]

    forward = await asyncio.to_thread(types)
    assert forward == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert await asyncio.to_thread(types, reverseOrder=True) == forward[::-1]


async def test_boto3_stops_and_redrives(lab, client):
    waiting = machine(Only={"Type": "Wait", "Seconds": 60, "End": True})
    execution = await lab.start(waiting)
    await call(client.stop_execution, executionArn=execution.arn, error="Mine", cause="why")
    described = await call(client.describe_execution, executionArn=execution.arn)
    assert (described["status"], described["error"], described["cause"]) == (
        "ABORTED",
        "Mine",
        "why",
    )
    await call(client.redrive_execution, executionArn=execution.arn)
    described = await call(client.describe_execution, executionArn=execution.arn)
    assert (described["status"], described["redriveCount"]) == ("RUNNING", 1)


async def test_boto3_reads_the_machines(lab, client):
    definition = machine(Only=result())
    arn = lab.engine.register("Machine", definition, "EXPRESS")
    listed = (await call(client.list_state_machines))["stateMachines"]
    assert [(found["name"], found["type"]) for found in listed] == [("Machine", "EXPRESS")]
    described = await call(client.describe_state_machine, stateMachineArn=arn)
    assert json.loads(described["definition"]) == definition


async def test_boto3_validates_a_definition(client):
    validate = client.validate_state_machine_definition
    good = await call(validate, definition=json.dumps(machine(Only=result())))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    bad = await call(validate, definition=json.dumps(machine(Only=task(Next="Absent"))))
    assert bad["result"] == "FAIL"
    found = {(entry["code"], entry["location"]) for entry in bad["diagnostics"]}
    assert ("MISSING_TRANSITION_TARGET", "/States/Only/Next") in found
    broken = await call(validate, definition="{")
    assert broken["diagnostics"][0]["code"] == "INVALID_JSON_DESCRIPTION"


async def test_an_action_that_is_not_known_is_refused(lab):
    with pytest.raises(ApiError, match="UnknownOperationException"):
        await StepFunctions(lab.engine).call("CreateActivity", {})
