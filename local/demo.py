"""`./dev demo`: a customer's first round, through HTTP alone, and what came of it."""

import time
from collections.abc import Sequence
from typing import Any

from local.client import ApiRefusedError, Client
from local.options import read_options
from local.progress import say
from local.verify import verify

_PATIENCE_SECONDS = 60.0
_PASSWORD = "a round of paper trades"  # noqa: S105  # of a customer who lives for one demo


def demo(words: Sequence[str]) -> int:
    """0 when both orders were executed and every invariant holds; `--outage`: see that module."""
    if "--outage" in words:
        from local.outage import outage  # noqa: PLC0415  # it starts a platform of its own

        return outage()
    client = Client(read_options(words).api_url)
    try:
        client.get("/health/live")
    except OSError:
        say("Nothing answers at the API.\n  -> start the platform first: ./dev run")
        return 1
    try:
        traded = _trade(client)
    except ApiRefusedError as error:
        say(f"\nThe API refused: {error}")
        return 1
    if not traded:
        return 1
    say("\nThe books, checked in the database (./dev verify):")
    return verify([])


def _trade(client: Client) -> bool:
    email = f"demo-{time.time_ns()}@hub.example"
    made = client.post("/auth/register", {"email": email, "password": _PASSWORD, "name": "Demo"})
    account_id = made["account_id"]
    say(f"Registered    {email}, account {account_id}")
    client.log_in(email, _PASSWORD)
    client.post(f"/accounts/{account_id}/deposits", {"amount": "10000.00"})
    say("Deposited     10000.00 USD on paper")
    quote = client.get("/market-data/AAPL")
    say(f"Quoted        AAPL {quote['bid']} / {quote['ask']} at {quote['timestamp']}")
    buy = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "10"}
    if not _follow(client, "Buy 10", buy):
        return False
    bid = client.get("/market-data/AAPL")["bid"]
    limit = f"{float(bid) * 0.99:.2f}"
    sell = {
        "symbol": "AAPL",
        "side": "sell",
        "type": "limit",
        "limit_price": limit,
        "quantity": "4",
        "time_in_force": "gtc",
    }
    if not _follow(client, f"Sell 4 at {limit} or better", sell):
        return False
    _show(client, account_id)
    return True


def _follow(client: Client, words: str, order: dict[str, Any]) -> bool:
    """Send the order and wait for what becomes of it; the market may have to open first."""
    began = time.monotonic()
    order_id = client.post("/orders", order)["order_id"]
    say(f"\n{words}: order {order_id}")
    status = ""
    while time.monotonic() - began < _PATIENCE_SECONDS:
        now = client.get(f"/orders/{order_id}/status")
        if now["state"] != status:
            status = now["state"]
            say(f"  after {1000 * (time.monotonic() - began):5.0f} ms  {now['status']} ({status})")
        if now["status"] in {"EXECUTED", "FAILED", "CANCELLED"}:
            break
        time.sleep(0.01)
    for step in client.get(f"/orders/{order_id}/timeline")["steps"]:
        detail = step["detail"]
        price = f" {detail['quantity']} at {detail['price']}" if "price" in detail else ""
        seen = detail.get("quote")
        quoted = f", quote {seen['bid']} / {seen['ask']}" if seen else ""
        say(f"    {step['at']}  {step['event']}{price}{quoted}")
    if now["status"] != "EXECUTED":
        say(f"  It was not executed: {now['status']} ({now['state']}).")
    return bool(now["status"] == "EXECUTED")


def _show(client: Client, account_id: str) -> None:
    balance = client.get(f"/accounts/{account_id}/balance")
    say(
        "\nBalance       "
        + ", ".join(
            f"{name} {balance[name]}"
            for name in ("available", "reserved", "settled", "unsettled", "total")
        )
    )
    for position in client.get("/positions")["positions"]:
        say(
            f"Position      {position['quantity']} {position['symbol']} at"
            f" {position['average_price']}, worth {position['market_value']},"
            f" unrealised {position['unrealized_pnl']}"
        )
    summary = client.get("/portfolio/summary")
    say(
        f"Portfolio     {summary['total_value']} in all: cash {summary['cash']},"
        f" positions {summary['positions_value']}"
    )
