"""Lambda's Invoke API over the executor: status, headers and body as SDKs expect them."""

import asyncio
import json
import logging
import uuid
from typing import Any

from local.functions.errors import FunctionError, UnknownFunctionError
from local.functions.executor import Functions
from local.template.catalogue import ACCOUNT, REGION

Answer = tuple[int, dict[str, str], bytes]

_REQUEST_LIMIT = 6_291_456
_RETRY_DELAYS = (60.0, 120.0)
_WITHOUT_STACK = ("Sandbox.Timedout", "Runtime.ExitError")
_LOG = logging.getLogger(__name__)


class InvokeApi:
    """`invoke` answers one HTTP call. Events go on in the background, with Lambda's two retries."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._tasks: set[asyncio.Task[None]] = set()

    async def invoke(self, name: str, payload: bytes, invocation_type: str) -> Answer:
        request_id = str(uuid.uuid4())
        headers = {"x-amzn-RequestId": request_id}
        refusal = self._refusal(name, payload, invocation_type)
        if refusal is not None:
            status, code, message = refusal
            body = json.dumps({"Type": "User", "Message": message}).encode()
            return status, {**headers, "x-amzn-ErrorType": code}, body
        if invocation_type == "DryRun":
            return 204, headers, b""
        if invocation_type == "Event":
            self._start(name, payload or b"{}", request_id)
            return 202, headers, b""
        headers["X-Amz-Executed-Version"] = "$LATEST"
        try:
            body = await self._functions.run(name, payload or b"{}", request_id=request_id)
        except FunctionError as error:
            return 200, {**headers, "X-Amz-Function-Error": "Unhandled"}, _body(error, request_id)
        return 200, headers, body

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _refusal(self, name: str, payload: bytes, kind: str) -> tuple[int, str, str] | None:
        if kind not in {"RequestResponse", "Event", "DryRun"}:
            return 400, "InvalidParameterValueException", f"{kind} is no invocation type"
        try:
            self._functions.logical_id(name)
        except UnknownFunctionError:
            arn = name if name.startswith("arn:") else _arn(name)
            return 404, "ResourceNotFoundException", f"Function not found: {arn}"
        if len(payload) > _REQUEST_LIMIT:
            text = f"{len(payload)} byte payload is too large for the {kind} invocation type"
            return 413, "RequestTooLargeException", f"{text} (limit {_REQUEST_LIMIT} bytes)"
        if not _is_json(payload):
            text = "Could not parse request body into json"
            return 400, "InvalidRequestContentException", text
        return None

    def _start(self, name: str, payload: bytes, request_id: str) -> None:
        task = asyncio.create_task(self._in_background(name, payload, request_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_background(self, name: str, payload: bytes, request_id: str) -> None:
        for delay in (*_RETRY_DELAYS, None):
            try:
                await self._functions.run(name, payload, request_id=request_id)
            except FunctionError as error:
                _LOG.warning("asynchronous call of %s failed: %s", name, error)
            else:
                return
            if delay is not None:
                await asyncio.sleep(delay)


def _body(error: FunctionError, request_id: str) -> bytes:
    body: dict[str, Any] = {"errorMessage": error.message, "errorType": error.error_type}
    if error.error_type not in _WITHOUT_STACK:
        body.update(requestId=request_id, stackTrace=error.stack)
    return json.dumps(body).encode()


def _arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _is_json(payload: bytes) -> bool:
    try:
        json.loads(payload or b"{}")
    except ValueError:
        return False
    return True
