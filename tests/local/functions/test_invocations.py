"""What a function sees and how its failures are named."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from local.functions import FunctionError, InvokeApi, UnknownFunctionError
from tests.local.waiting import runs, until


async def failure(functions, name, event=None) -> FunctionError:
    with pytest.raises(FunctionError) as caught:
        await functions.invoke(name, event)
    return caught.value


async def test_a_handler_gets_the_event_and_a_context(workshop):
    workshop.add(
        "Echo",
        """
        def handler(event, context):
            return [event, context.function_name, context.aws_request_id,
                    context.get_remaining_time_in_millis(), context.invoked_function_arn,
                    context.memory_limit_in_mb, bool(context.log_stream_name)]
        """,
        timeout=3.0,
    )
    functions = await workshop.start()
    event, name, request_id, remaining, arn, memory, stream = await functions.invoke(
        "Echo", {"a": "é"}
    )
    assert event == {"a": "é"}
    assert (name, memory, stream) == ("Echo", "128", True)
    assert len(request_id) == 36
    assert 2000 < remaining <= 3000
    assert arn == workshop.specs["Echo"].arn


async def test_a_function_is_found_by_name_and_by_arn(workshop):
    workshop.add("Echo", "def handler(event, context): return event", name="hub-echo")
    functions = await workshop.start()
    for name in ("Echo", "hub-echo", workshop.specs["Echo"].arn, f"{workshop.specs['Echo'].arn}:v"):
        assert await functions.invoke(name, 1) == 1
    with pytest.raises(UnknownFunctionError):
        await functions.invoke("Nobody", 1)


async def test_the_environment_is_the_functions_own_and_nothing_of_ours(workshop, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    workshop.add(
        "Env",
        """
        import os, time
        SEEN_AT_IMPORT = dict(os.environ)
        def handler(event, context):
            return [SEEN_AT_IMPORT, dict(os.environ), time.tzname[0], os.getcwd()]
        """,
        environment={"STAGE": "dev", "DATABASE_URL": ""},
    )
    functions = await workshop.start(environment={"DATABASE_URL": "postgresql://x"})
    at_import, variables, zone, folder = await functions.invoke("Env", {})
    assert at_import["STAGE"] == "dev"
    assert variables["DATABASE_URL"] == "postgresql://x"
    assert "SECRET_OF_THE_HOST" not in variables
    assert variables["_HANDLER"] == "env.handler"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "Env"
    assert variables["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert (zone, folder) == ("UTC", str(workshop.code))


async def test_code_and_layers_are_importable_and_the_project_is_not(workshop):
    (workshop.layer / "shared_words.py").write_text("WORD = 'layer'")
    (workshop.code / "neighbour.py").write_text("WORD = 'code'")
    workshop.add(
        "Imports",
        """
        import sys
        import neighbour, shared_words
        def handler(event, context):
            return [neighbour.WORD, shared_words.WORD, sys.path]
        """,
    )
    functions = await workshop.start()
    neighbour, shared, path = await functions.invoke("Imports", {})
    assert (neighbour, shared) == ("code", "layer")
    assert path[:2] == [str(workshop.code), str(workshop.layer)]
    assert str(Path.cwd()) not in path


async def test_an_exception_keeps_its_class_name_and_its_place(workshop):
    workshop.add(
        "Buy",
        """
        class InsufficientFunds(Exception):
            pass
        def check(amount):
            raise InsufficientFunds(f"{amount} is too much")
        def handler(event, context):
            check(event["amount"])
        """,
    )
    functions = await workshop.start()
    error = await failure(functions, "Buy", {"amount": 5})
    assert (error.error_type, error.message) == ("InsufficientFunds", "5 is too much")
    assert [line.split(", ")[-1].split("\n")[0] for line in error.stack] == [
        "in handler",
        "in check",
    ]
    assert "[ERROR] InsufficientFunds: 5 is too much" in workshop.log("Buy")
    error = await failure(functions, "Buy", {})
    assert error.error_type == "KeyError"


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import nowhere_at_all", "Runtime.ImportModuleError", "Unable to import module 'broken'"),
        ("def other(): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'broken'"),
        ("class SettingsError(Exception): pass\nraise SettingsError('no')", "SettingsError", "no"),
        ("import sys; sys.exit(3)", "Runtime.ExitError", "exit status 3"),
    ],
)
async def test_a_function_that_cannot_start_says_why(workshop, source, kind, message):
    workshop.add("Broken", source)
    functions = await workshop.start()
    error = await failure(functions, "Broken")
    assert error.error_type == kind
    assert message in error.message


async def test_an_answer_that_is_not_json_is_a_marshal_error(workshop):
    workshop.add(
        "Odd",
        """
        import datetime, decimal
        def handler(event, context):
            return decimal.Decimal("1.5") if event else datetime.date(2026, 1, 1)
        """,
    )
    functions = await workshop.start()
    error = await failure(functions, "Odd", 0)
    assert error.error_type == "Runtime.MarshalError"
    assert (
        error.message == "Unable to marshal response: Object of type date is not JSON serializable"
    )
    assert await functions.invoke("Odd", 1) == 1.5


async def test_an_answer_over_six_megabytes_is_refused(workshop):
    workshop.add("Big", "def handler(event, context): return 'x' * event")
    functions = await workshop.start()
    assert len(await functions.invoke("Big", 6_000_000)) == 6_000_000
    error = await failure(functions, "Big", 6_300_000)
    assert error.error_type == "Function.ResponseSizeTooLarge"


async def test_a_function_over_its_time_is_killed(workshop):
    workshop.add(
        "Slow",
        """
        import subprocess, time
        def handler(event, context):
            if event:
                child = subprocess.Popen(["sleep", "60"])
                print("child", child.pid, flush=True)
                time.sleep(60)
            return "quick"
        """,
        timeout=0.3,
    )
    functions = await workshop.start()
    assert await functions.invoke("Slow", 0) == "quick"
    started = time.monotonic()
    error = await failure(functions, "Slow", 1)
    assert 0.25 < time.monotonic() - started < 2
    assert error.error_type == "Sandbox.Timedout"
    assert error.message.endswith("Error: Task timed out after 0.30 seconds")
    assert await functions.invoke("Slow", 0) == "quick"
    child = int(workshop.log("Slow").split()[1])
    await until(lambda: not runs(child))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("os._exit(7)", "exit status 7"),
        ("sys.exit(2)", "exit status 2"),
        ("os._exit(0)", "without providing a reason"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
    ],
)
async def test_a_process_that_ends_fails_its_call_and_the_next_gets_a_fresh_one(
    workshop, how, message
):
    workshop.add(
        "Dies",
        f"""
        import os, sys
        def handler(event, context):
            if event:
                {how}
            return os.getpid()
        """,
    )
    functions = await workshop.start()
    first = await functions.invoke("Dies", 0)
    error = await failure(functions, "Dies", 1)
    assert error.error_type == "Runtime.ExitError"
    assert message in error.message
    assert await functions.invoke("Dies", 0) != first


async def test_what_a_function_prints_and_logs_is_in_its_log(workshop):
    workshop.add(
        "Talks",
        """
        import logging
        def handler(event, context):
            print("spoken")
            logging.getLogger("x").warning("logged")
        """,
    )
    functions = await workshop.start()
    assert await functions.invoke("Talks", {}) is None
    lines = workshop.log("Talks").splitlines()
    assert lines[0] == "spoken"
    assert lines[1].startswith("[WARNING]\t")
    assert lines[1].endswith("\tlogged")


async def test_a_caller_that_gives_up_leaves_the_function_running(workshop):
    workshop.add(
        "Writes",
        """
        import pathlib, time
        def handler(event, context):
            time.sleep(0.3)
            pathlib.Path(event).write_text("done")
        """,
    )
    functions = await workshop.start()
    proof = workshop.folder / "proof"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(functions.invoke("Writes", str(proof)), 0.1)
    await until(proof.exists)


async def test_the_invoke_api_answers_as_lambda_does(workshop):
    workshop.add("Echo", "def handler(event, context): return event['n'] + 1")
    api = InvokeApi(await workshop.start())
    status, headers, body = await api.invoke("Echo", b'{"n": 1}', "RequestResponse")
    assert (status, body, "X-Amz-Function-Error" in headers) == (200, b"2", False)
    status, headers, body = await api.invoke("Echo", b"{}", "RequestResponse")
    assert (status, headers["X-Amz-Function-Error"]) == (200, "Unhandled")
    assert json.loads(body)["errorType"] == "KeyError"
    assert (await api.invoke("Nobody", b"{}", "RequestResponse"))[0] == 404
    assert (await api.invoke("Echo", b"{", "RequestResponse"))[0] == 400
    assert (await api.invoke("Echo", b" " * 7_000_000, "RequestResponse"))[0] == 413
    assert (await api.invoke("Echo", b"{}", "DryRun"))[0] == 204


async def test_an_event_invocation_runs_in_the_background(workshop):
    workshop.add("Writes", "import pathlib\ndef handler(e, c): pathlib.Path(e).write_text('x')")
    api = InvokeApi(await workshop.start())
    proof = workshop.folder / "proof"
    status, _, body = await api.invoke("Writes", json.dumps(str(proof)).encode(), "Event")
    assert (status, body) == (202, b"")
    await until(proof.exists)
    await api.close()
