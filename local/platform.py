"""The whole platform on one machine: database, cache, the template's application, the quotes."""

import asyncio
import json
import logging
import os
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from local import kms
from local.clock import Clock
from local.keys import FILE, TokenKeys, token_keys
from local.kms import MasterKeys, master_keys
from local.market import FollowedClock
from local.options import Options
from local.parquet import written_out
from local.progress import step
from local.runtime import Runtime
from local.services import ports
from local.services.errors import StartError
from local.services.guarded import Guarded
from local.services.postgres import Postgres, check_version
from local.services.valkey import Valkey, check_redis
from local.services.watch import Server, watch

logger = logging.getLogger(__name__)

_SIGNING_KEY = "hub-signing-key"
_VENUE_KEYS = "hub-venue-keys"
_LOCAL_RATE = "600000"
_LIKE_A_FUNCTION = "JobReleaseQueuedOrders"
_DUMMY_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
_STREAM_SECONDS = 20.0
_ALPACA = ("ALPACA_URL", "ALPACA_KEY_ID", "ALPACA_SECRET_KEY", "ALPACA_SYMBOLS")


class PlatformKeys(NamedTuple):
    tokens: TokenKeys
    masters: MasterKeys


class Started(Server, Protocol):
    """A server that was started here, and is stopped here."""

    def stop(self) -> None: ...


class StreamTask:
    """The stream task as a process of its own, from `stream/`."""

    def __init__(self, process: Guarded, ready_url: str, log: Path) -> None:
        self._process = process
        self._ready_url = ready_url
        self._log = log

    @property
    def running(self) -> bool:
        return self._process.running

    def restart(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._process.stop()

    async def ready(self) -> None:
        """Raises StartError when it does not come up."""
        deadline = asyncio.get_running_loop().time() + _STREAM_SECONDS
        while not await asyncio.to_thread(_is_ok, self._ready_url):
            late = asyncio.get_running_loop().time() > deadline
            if late or not self._process.running:
                words = self._process.last_words(3)
                raise StartError(f"the stream task did not start: {words}", f"see {self._log}")
            await asyncio.sleep(0.05)


class Addresses:
    """Where database and cache are: the user's own, or embedded ones that are started here."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.database_url = os.environ.get("DATABASE_URL", "")
        self.owner_url = os.environ.get("MIGRATION_DATABASE_URL", "") or self.database_url
        self.redis_url = os.environ.get("REDIS_URL", "")
        self.servers: list[Started] = []

    async def start(self) -> None:
        """Raises StartError."""
        if self.database_url:
            with step("PostgreSQL at DATABASE_URL"):
                await asyncio.to_thread(check_version, self.database_url)
        else:
            with step("PostgreSQL (embedded)"):
                postgres = Postgres(self._state)
                self.servers.append(postgres)
                await _started(postgres)
            self.database_url, self.owner_url = postgres.url, postgres.owner_url
        if self.redis_url:
            with step("Redis at REDIS_URL"):
                await asyncio.to_thread(check_redis, self.redis_url)
        else:
            with step("Valkey (embedded)"):
                valkey = Valkey(self._state)
                self.servers.append(valkey)
                await _started(valkey)
            self.redis_url = valkey.url

    async def stop(self) -> None:
        """End what was started here, the last first."""
        for server in reversed(self.servers):
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def running(options: Options, waits: Clock | None = None) -> AsyncIterator[Runtime]:
    """The platform, up and watched for the length of the block. Raises StartError.

    `waits` is what queues and state machines wait by, where that is not the wall.
    """
    chosen = (options.api_port, options.websocket_port, options.stream_port, options.grpc_port)
    if len(set(chosen)) < len(chosen):
        raise StartError("two of the ports are the same", "give each another number")
    ports.demand(options.api_port, "the API", "--api-port")
    ports.demand(options.websocket_port, "the account stream", "--websocket-port")
    ports.demand(options.stream_port, "the stream of quotes", "--stream-port")
    ports.demand(options.grpc_port, "gRPC", "--grpc-port")
    logs = options.state / "logs"
    logs.mkdir(exist_ok=True)
    options = await _with_csv(options)
    async with AsyncExitStack() as stack:
        addresses = Addresses(options.state)
        stack.push_async_callback(addresses.stop)
        await addresses.start()
        await _migrate(addresses, options)
        tokens = await asyncio.to_thread(token_keys, options.state / FILE)
        keys = PlatformKeys(tokens, master_keys(options.state / kms.FILE))
        with step("functions, queues and state machines"):
            clock = FollowedClock(addresses.redis_url)
            following = asyncio.create_task(clock.follow())
            stack.push_async_callback(_cancel, following)
            runtime = _runtime(options, addresses, keys, clock, waits)
            await runtime.start()
            stack.push_async_callback(runtime.stop)
        with step("the stream task and its feed"):
            stream = _stream_task(options, runtime, logs)
            addresses.servers.append(stream)
            stream.restart()
            await stream.ready()
        watching = [asyncio.create_task(watch(each)) for each in addresses.servers]
        for task in watching:
            stack.push_async_callback(_cancel, task)
        yield runtime


class Embedded(Started, Protocol):
    """A server of ours."""

    def start(self) -> None: ...


async def _started(server: Embedded) -> None:
    """Cancelled, it returns when the server has stopped: its thread cannot be left behind."""
    starting = asyncio.ensure_future(asyncio.to_thread(server.start))
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.to_thread(server.stop)
        await asyncio.wait({starting})
        if not starting.cancelled():
            starting.exception()  # it is of no interest any more
        raise


async def _with_csv(options: Options) -> Options:
    """Raises StartError."""
    if options.file is None or options.file.suffix != ".parquet":
        return options
    with step(f"{options.file.name} as CSV"):
        return options._replace(
            file=await asyncio.to_thread(written_out, options.file, options.state)
        )


async def _migrate(addresses: Addresses, options: Options) -> None:
    from hub.adapters.postgres.migrations.upgrade import upgrade  # noqa: PLC0415  # half a second
    from hub.adapters.postgres.seed import list_symbols, seed  # noqa: PLC0415  # as above, counted

    with step("schema and reference data"):
        await asyncio.to_thread(upgrade, addresses.owner_url)
        await asyncio.to_thread(seed, addresses.owner_url, options.root / "data")
    if options.file is not None:
        with step("the symbols of the recording"):
            symbols = await asyncio.to_thread(_symbols, options.file, options.root / "data")
            await asyncio.to_thread(list_symbols, addresses.owner_url, symbols)


def _symbols(file: Path, data: Path) -> Iterable[str]:
    """Raises StartError for a file that is no recording."""
    from stream.file_tape import FileTape  # noqa: PLC0415  # only where there is a file
    from stream.recorded import read_sessions  # noqa: PLC0415
    from stream.settings import SettingsError  # noqa: PLC0415

    try:
        return FileTape(file, read_sessions(data / "sessions.csv.gz")).symbols
    except SettingsError as error:
        raise StartError(str(error), "docs/feeds.md says how a recording looks") from error


def _runtime(
    options: Options,
    addresses: Addresses,
    keys: PlatformKeys,
    clock: FollowedClock,
    waits: Clock | None,
) -> Runtime:
    port = ports.remembered_port(options.state, "aws")
    endpoint = f"http://127.0.0.1:{port}"
    return Runtime(
        options.root / "template.yaml",
        options.state,
        api_port=options.api_port,
        websocket_port=options.websocket_port,
        aws_port=port,
        parameters={
            "DatabaseUrl": addresses.database_url,
            "RedisUrl": addresses.redis_url,
            "StreamUrl": f"grpc://127.0.0.1:{options.grpc_port}",
            "TokenVerifyingKeys": keys.tokens.verifying,
            "MailFolder": str(options.state / "out"),
            # One machine is one address, and its benchmarks are its customers.
            "CustomerRate": _LOCAL_RATE,
            "AddressRate": _LOCAL_RATE,
            "SigningKeySecretArn": _SIGNING_KEY,
            "PersonalKeyArn": keys.masters.current,
            "IndexKeyArn": kms.INDEX,
            "VenueProfile": options.venue,
            "Venue": os.environ.get("VENUE") or "paper",
            "VenueUrl": os.environ.get("VENUE_URL", ""),
            "VenueSecretArn": _VENUE_KEYS,
            "SqsEndpoint": endpoint,
            "EventsEndpoint": endpoint,
            "StatesEndpoint": endpoint,
            "SecretsEndpoint": endpoint,
            "ConnectionsEndpoint": f"{endpoint}/local",
        },
        secrets={_SIGNING_KEY: keys.tokens.signing, _VENUE_KEYS: _venue_keys()},
        master_keys=keys.masters,
        market_clock=clock,
        waits=waits,
    )


def _venue_keys() -> str:
    """As the secret of the cloud has them."""
    words = {"key_id": "VENUE_KEY_ID", "secret_key": "VENUE_SECRET_KEY"}
    return json.dumps({name: os.environ.get(variable, "") for name, variable in words.items()})


def _stream_task(options: Options, runtime: Runtime, logs: Path) -> StreamTask:
    """It is told what the functions are told, by the template."""
    environment = {
        **runtime.application.functions[_LIKE_A_FUNCTION].environment,
        **_DUMMY_CREDENTIALS,
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", ""),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "STREAM_PORT": str(options.stream_port),
        "GRPC_PORT": str(options.grpc_port),
        "STREAM_GRPC": os.environ.get("STREAM_GRPC", ""),
        "STAGE": "local",
        "FEED": options.feed,
        "FEED_FILE": str(options.file or ""),
        **{name: os.environ[name] for name in _ALPACA if name in os.environ},
        "REPLAY_START": options.start,
        "REPLAY_SPEED": options.speed,
        "DATA_DIR": str(options.root / "data"),
    }
    log = logs / "stream.log"
    process = Guarded([sys.executable, "-m", "stream"], log=log, environment=environment)
    return StreamTask(process, f"http://127.0.0.1:{options.stream_port}/health/ready", log)


def _is_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  # our own loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
