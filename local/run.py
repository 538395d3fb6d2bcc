"""`./dev run`: the platform in the foreground, until Ctrl-C, SIGTERM or the end of the terminal."""

import asyncio
import errno
import logging
import signal
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from local.client import ApiRefusedError, Client
from local.discretion import Discretion
from local.options import Options, read_options
from local.platform import running
from local.progress import say, step
from local.services.errors import StartError
from local.services.failures import disk_full
from local.state import StateFolder

DEMO_EMAIL = "demo@hub.example"
DEMO_PASSWORD = "trade on paper first"  # noqa: S105  # shown to everybody on purpose
_MARKETS = {
    "replay": "  Market     real daily prints of 2012, at {speed} times real speed; the spread\n"
    "             between bid and ask is the one invented number\n",
    "file": "  Market     your recording, at {speed} times real speed\n",
    "alpaca": "  Market     live, from Alpaca, at the time of day\n",
    "scripted": "  Market     stands still but for the commands of the redis stream feed:script\n",
}
_DEMO_CASH = "100000.00"


def run(words: Sequence[str]) -> int:
    """0 when it was ended by a signal; 1, after a message, when it could not start."""
    options = read_options(words)
    folder = StateFolder(options.state)
    try:
        folder.take()
        _log_to(options)
        return asyncio.run(_run(options))
    except StartError as error:
        return _refuse(error)
    except OSError as error:
        return _refuse(_explained(error, options))
    except Exception as error:  # a fault of ours: its trace is kept, not shown
        logging.getLogger(__name__).exception("the platform ended by an error")
        words_of = " ".join(str(error).split())[:300] or type(error).__name__
        return _refuse(StartError(words_of, f"{options.state / 'logs' / 'platform.log'} has more"))
    finally:
        # Nothing is left to be interrupted; a trace of the interpreter's end would help nobody.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        folder.release()


def _refuse(error: StartError) -> int:
    say(f"\n  {error.message}\n  -> {error.remedy}")
    return 1


def _explained(error: OSError, options: Options) -> StartError:
    logging.getLogger(__name__).error("the system refused something", exc_info=error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(options.state)
    if error.errno == errno.EADDRINUSE:
        remedy = "choose others with --api-port, --websocket-port, --stream-port, --grpc-port"
        return StartError(f"a port was taken meanwhile: {error.strerror}", remedy)
    return StartError(f"the system refused: {error}", f"{options.state / 'logs'} may tell more")


async def _run(options: Options) -> int:
    began = monotonic()
    up, ended = asyncio.Event(), asyncio.Event()
    living = asyncio.create_task(_until_ended(options, began, up, ended))

    def end() -> None:
        """The first signal ends the platform; those after it change nothing."""
        if ended.is_set():
            return
        ended.set()
        say("\nEnding ...")
        if not up.is_set():
            living.cancel()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, end)
    with suppress(asyncio.CancelledError):
        await living
    say("Ended; the data is kept.")
    return 0


async def _until_ended(
    options: Options, began: float, up: asyncio.Event, ended: asyncio.Event
) -> None:
    say("Starting Hub")
    async with running(options):
        if options.demo_customer:
            with step("the demo customer"):
                account_id = await asyncio.to_thread(_demo_customer, options)
        else:
            account_id = ""
        up.set()
        say(_welcome(options, account_id, monotonic() - began))
        await ended.wait()


def _demo_customer(options: Options) -> str:
    """Made once; at a second start they are there already."""
    client = Client(options.api_url)
    try:
        client.log_in(DEMO_EMAIL, DEMO_PASSWORD)
    except ApiRefusedError as error:
        if error.status != 401:
            raise
        identity = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "name": "Demo"}
        client.post("/auth/register", identity)
        client.log_in(DEMO_EMAIL, DEMO_PASSWORD)
    account_id: str = client.get("/accounts")["accounts"][0]["account_id"]
    client.post(f"/accounts/{account_id}/deposits", {"amount": _DEMO_CASH}, key="first-cash")
    return account_id


def _welcome(options: Options, account_id: str, seconds: float) -> str:
    base = f"{options.api_url}/api/v1"
    lines = [
        f"\nReady in {seconds:.1f} s. Ctrl-C ends it and keeps the data; ./dev reset forgets it.\n",
        f"  API        {base}",
        f"  Explorer   {base}/docs",
        f"  Account    ws://127.0.0.1:{options.websocket_port}",
        f"  Quotes     ws://127.0.0.1:{options.stream_port}/stream",
        f"  gRPC       127.0.0.1:{options.grpc_port}",
        f"  Logs       {options.state / 'logs'}",
        _MARKETS[options.feed].format(speed=options.speed),
    ]
    if account_id:
        lines += [
            f"  Log-in     {DEMO_EMAIL} / {DEMO_PASSWORD}\n",
            "Your first order, to paste into another terminal:\n",
            f"""TOKEN=$(curl -s {base}/auth/login -H 'Content-Type: application/json' \\
  -d '{{"email":"{DEMO_EMAIL}","password":"{DEMO_PASSWORD}"}}' \\
  | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s {base}/orders -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"symbol":"AAPL","side":"buy","type":"market","quantity":"10"}}'; echo
sleep 1; curl -s {base}/positions -H "Authorization: Bearer $TOKEN"; echo
""",
            "Or watch a whole round: ./dev demo",
        ]
    return "\n".join(lines)


def _log_to(options: Options) -> None:
    """The platform's own log goes to a file; the terminal is for people."""
    logs = options.state / "logs"
    logs.mkdir(exist_ok=True)
    logging.basicConfig(
        filename=logs / "platform.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        force=True,
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(Discretion())
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    # A disk that is full is told once, by what fails of it, not at every line that is lost.
    logging.raiseExceptions = False
