"""A platform whose market a script drives: what trades, when, and at which price is known."""

import json
import urllib.request

import redis

from local.services.ports import known_ports
from tests.e2e.platforms import Customer, Platform
from tests.services.processes import wait_until


def test_an_order_rests_until_the_script_brings_its_price(tmp_path):
    platform = Platform(tmp_path / "scripted" / "state", "--no-demo", "--feed", "scripted")
    platform.start()
    try:
        port = known_ports(platform.folder)["valkey"]
        client = redis.Redis(host="127.0.0.1", port=port, decode_responses=True)

        def drive(**command: str) -> None:
            number = client.xadd("feed:script", {"command": json.dumps(command)})
            wait_until(lambda: client.get("feed:script:done") == number, 20)

        def quote(bid: str, ask: str) -> None:
            sizes = {"bid_size": "100", "ask_size": "100"}
            drive(event="quote", symbol="AAPL", bid=bid, ask=ask, **sizes)

        drive(event="clock", at="2024-07-02T14:00:00Z")
        quote("100.00", "100.02")
        customer = Customer(platform.api_port, cash="100000.00")
        bought = customer.ended(customer.order(quantity="3").body["order_id"])
        order = customer.order(type="limit", limit_price="99.00", quantity="2").body["order_id"]
        wait_until(lambda: customer.get(f"/orders/{order}/status").body["state"] == "new", 20)
        quote("99.00", "99.01")
        still = customer.get(f"/orders/{order}/status").body["state"]
        quote("98.98", "99.00")
        filled = customer.ended(order)
        client.close()
        metrics = f"http://127.0.0.1:{platform.stream_port}/metrics"
        with urllib.request.urlopen(metrics, timeout=5) as answer:
            measured = answer.read().decode()

        assert (bought["status"], bought["average_price"]) == ("EXECUTED", "100.02")
        assert still == "new"
        assert (filled["status"], filled["average_price"]) == ("EXECUTED", "99.00")
        assert "hub_stream_trigger_latency_seconds_count 1\n" in measured
        assert platform.violations() == ""
        assert platform.end() == 0
    finally:
        platform.discard()
