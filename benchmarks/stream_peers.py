"""What others make of the same load: nchan of Debian, and `websockets` with its broadcast."""

import asyncio
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from shutil import which
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.stream_lanes import Server, Speech, python, running
from local.services.ports import free_port

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
HOW_TO_GET_NCHAN = "nchan is not installed: apt install nginx libnginx-mod-nchan"
_NCHAN = """
load_module {module};
daemon off;
worker_processes 1;
user {user};
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  nchan_shared_memory_size 256m;
  server {{
    listen 127.0.0.1:{port} backlog=4096 rcvbuf=64k;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    location = /pub {{
      nchan_publisher http;
      nchan_channel_id $arg_id;
      nchan_message_buffer_length 100;
      nchan_message_timeout 60s;
    }}
    location = /sub {{
      nchan_subscriber {kind};
      nchan_channel_id $arg_symbols;
      nchan_channel_id_split_delimiter ",";
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"""
_UPGRADE = """GET {path}?symbols=%SYMBOLS% HTTP/1.1
Host: 127.0.0.1
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="""
_EVENTS = """GET /sub?symbols=%SYMBOLS% HTTP/1.1
Host: 127.0.0.1
Accept: text/event-stream"""
_SYMBOL = re.compile(r'"symbol":"([^"]*)"')


def nchan_is_there() -> bool:
    return which("nginx") is not None and NCHAN_MODULE.exists()


@contextmanager
def nchan(kind: str) -> Iterator[Server]:
    """`kind` is `ws` or `sse`. Nobody has to say who he is."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        subscriber = {"ws": "websocket", "sse": "eventsource"}[kind]
        text = _NCHAN.format(
            module=NCHAN_MODULE, folder=folder, port=port, kind=subscriber, user=getuser()
        )
        file = Path(folder) / "nginx.conf"
        file.write_text(text)
        with running(["nginx", "-p", folder, "-c", file], "nchan", port=port) as server:
            yield server._replace(feed_port=port)


def nchan_speech(kind: str) -> Speech:
    request = _UPGRADE.format(path="/sub") if kind == "ws" else _EVENTS
    return Speech(f"{kind}+post", request)


@contextmanager
def websockets() -> Iterator[Server]:
    with running(python("benchmarks.stream_peers"), "websockets") as server:
        yield server


def websockets_speech() -> Speech:
    return Speech("ws", _UPGRADE.format(path="/"))


async def _serve() -> None:
    """What its documentation advises for many clients: a set of each topic, and `broadcast`."""
    readers: dict[str, set[ServerConnection]] = defaultdict(set)

    async def connected(connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        symbols = query["symbols"][0].split(",")
        for symbol in symbols:
            readers[symbol].add(connection)
        try:
            await connection.wait_closed()
        finally:
            for symbol in symbols:
                readers[symbol].discard(connection)

    async def fed(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode():
            found = _SYMBOL.search(line)
            if found is not None:
                broadcast(readers[found[1]], line.rstrip("\n"))

    feed = await asyncio.start_server(fed, "127.0.0.1", 0)
    feed_port = feed.sockets[0].getsockname()[1]
    async with serve(
        connected, "127.0.0.1", 0, compression=None, backlog=4096, ping_interval=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        told = {"message": "listening", "port": port, "feed_port": feed_port}
        print(json.dumps(told), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_serve()))
