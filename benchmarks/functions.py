"""What the function executor and the REST front door cost: warm, new environment, many clients.

Times in milliseconds. The clients of the HTTP measurements run in a process of their own and speak
over kept-alive raw sockets. "bare" is aiohttp giving the same answer with no function behind it.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.report import Report, flattened
from local.api import RestApi
from local.functions import Functions
from local.runtime import PRELOAD
from local.template.model import ApiSpec, FunctionSpec, Route

NOOP = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:Noop"
CLIENT = """
import json, socket, sys, threading, time
port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
request = b"GET /noop HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
took = []
def client():
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        connection.sendall(request)
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"{}"), answer
        took.append(time.perf_counter() - began)
threads = [threading.Thread(target=client) for _ in range(clients)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps(took))
"""


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50": round(cuts[49] * 1000, 3), "p99": round(cuts[98] * 1000, 3)}


async def timed(times: int, act: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await act()
        took.append(time.perf_counter() - began)
    return percentiles(took)


async def over_http(port: int, clients: int, seconds: float = 3.0) -> dict[str, float]:
    command = [sys.executable, "-c", CLIENT, str(port), str(clients), str(seconds)]
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    took = json.loads(ran.stdout)
    return {**percentiles(took), "per_second": round(len(took) / seconds)}


async def bare() -> dict[str, Any]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"{}")

    app = web.Application()
    app.router.add_get("/noop", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    results = {str(clients): await over_http(port, clients) for clients in (1, 16)}
    await runner.cleanup()
    return results


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "noop.py").write_text(NOOP)
        spec = FunctionSpec("Noop", "Noop", ARN, folder, "noop.handler", 5.0, 128, {}, None, ())
        functions = Functions({"Noop": spec}, state=folder, preload=PRELOAD, watch=None)
        began = time.perf_counter()
        await functions.start()
        started = time.perf_counter() - began

        async def new_environment() -> None:
            functions.reload()
            await functions.invoke("Noop", {})

        new = await timed(100, new_environment)
        warm = await timed(3000, lambda: functions.invoke("Noop", {}))
        route = Route("GET", "/noop", "Noop", None)
        api = RestApi(ApiSpec("local", "v1", {}, (route,), {}, {}, None), functions, port=0)
        await api.start()
        port = int(api.url.rpartition(":")[2])
        rest = {str(clients): await over_http(port, clients) for clients in (1, 16)}
        await api.stop()
        await functions.close()
    return {
        "start_with_preload_s": round(started, 2),
        "new_environment": new,
        "warm_invoke": warm,
        "rest_by_clients": rest,
        "bare_aiohttp_by_clients": await bare(),
    }


def measure(_words: Sequence[str]) -> Report:
    return Report(list(flattened(asyncio.run(_measure()))))
