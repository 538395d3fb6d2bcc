"""One execution environment: the forked process that imports a handler and serves its invocations.

Standard library only: whatever stands here is in every environment.
"""

import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from local.functions.context import LambdaContext
from local.functions.frames import Head, pack, receive

RESPONSE_LIMIT = 6_291_556

Handler = Callable[[Any, LambdaContext], Any]


class Fault(Exception):  # noqa: N818 -- Lambda's word for what the runtime itself reports
    """A failure that the runtime names, not the function's code."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def serve(connection: socket.socket, start: Head) -> None:
    """Become the environment that `start` describes; returns when the executor is gone."""
    _enter(start)
    failure: Head | None = None
    handler: Handler | None = None
    try:
        handler = load(start["handler"])
    except Exception as error:  # noqa: BLE001 -- whatever the module raises is the function's error
        failure = _failure(error, "")
        sys.stderr.write(_log_text(failure))
    connection.sendall(pack({"ready": handler is not None}, json.dumps(failure).encode()))
    while handler is not None and (frame := receive(connection)) is not None:
        connection.sendall(_invoke(handler, *frame))


def load(name: str) -> Handler:
    """The handler `module.function`. Raises Fault, or what the module raised on import."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        text = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", text) from error
    except SyntaxError as error:
        text = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", text) from error
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", text)
    return handler


def _enter(start: Head) -> None:
    log = os.open(start["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(start["environment"])
    time.tzset()
    os.chdir(start["paths"][0])
    sys.path[0:0] = start["paths"]
    root = logging.getLogger()
    root.handlers = [_LogWriter(sys.stdout)]


class _LogWriter(logging.StreamHandler[Any]):
    """The root handler that Lambda's runtime installs."""

    request_id = ""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.setFormatter(_LogFormat())


class _LogFormat(logging.Formatter):
    def __init__(self) -> None:
        self.converter = time.gmtime
        text = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        super().__init__(text, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        record.aws_request_id = _LogWriter.request_id
        return super().format(record)


def _invoke(handler: Handler, head: Head, body: bytes) -> bytes:
    request_id = head["request_id"]
    _LogWriter.request_id = request_id
    os.environ["_X_AMZN_TRACE_ID"] = head["trace_id"]
    context = LambdaContext(request_id, head["deadline"], head["arn"])
    try:
        answer = handler(json.loads(body), context)
        return pack({"ok": True}, _marshal(answer))
    except Exception as error:  # noqa: BLE001 -- the caller gets it by its class name
        failure = _failure(error, request_id)
        sys.stderr.write(_log_text(failure))
        return pack({"ok": False}, json.dumps(failure).encode())


def _marshal(answer: Any) -> bytes:
    try:
        body = json.dumps(answer, default=_decimal).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    if len(body) > RESPONSE_LIMIT:
        text = "Response payload size exceeded maximum allowed payload size"
        raise Fault("Function.ResponseSizeTooLarge", f"{text} ({RESPONSE_LIMIT} bytes).")
    return body


def _decimal(value: Any) -> float:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _failure(error: Exception, request_id: str) -> Head:
    if isinstance(error, Fault):
        kind, stack = error.error_type, _syntax_place(error.__cause__)
    else:
        kind, stack = type(error).__name__, _stack(error)
    return {
        "errorMessage": str(error),
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": stack,
    }


def _stack(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if frame.filename != __file__ and not frame.filename.startswith("<frozen")
    ]
    return traceback.format_list([frame for frame in own if frame.filename != importlib.__file__])


def _syntax_place(error: BaseException | None) -> list[str]:
    if not isinstance(error, SyntaxError):
        return []
    return [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']


def _log_text(failure: Head) -> str:
    lines = [f"[ERROR] {failure['errorType']}: {failure['errorMessage']}"]
    if failure["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines += [part.rstrip("\n") for part in failure["stackTrace"]]
    return "\n".join(lines) + "\n"
