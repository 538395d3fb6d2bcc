"""Plays a case through a running platform: orders by HTTP, market events injected into the feed.

A step is over when the market's events have been looked at and every queue has come to rest, so
that what is seen then is what the step led to.
"""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

from redis import Redis

from hub.domain.kernel import plain
from hub.domain.orders.venue import Basis, VenueProfile
from local.client import ApiRefusedError, Client
from local.fidelity.cases import (
    SYMBOL,
    Case,
    UnknownFeatureError,
    asked_for,
    changes_of,
    check_step,
    profile_of,
    refs_of,
)
from local.fidelity.child import Child, scripted_platform
from local.fidelity.outcome import REJECTED, Seen, account_differences, differences

_PASSWORD = "a case of fidelity to play"  # noqa: S105  # of customers who live for one case
_PATIENCE_SECONDS = 20.0
_SAVED_WITHIN_SECONDS = 7.0
# Cases without an account may sell what they do not hold; here the customer holds enough.
_CASH, _SHARES = "500000000.00", "1000000"
_PLENTY = "1000000000"
_DAY, _EVENING_BEFORE = "2018-04-27T14:30:00Z", "2018-04-26T21:00:00Z"
_WAKEN = ("JobExpireOrders", "JobReleaseQueuedOrders")


class NotDrivableError(Exception):
    """The case cannot be driven from outside; the text says why."""


def refuse(case: Case) -> list[str]:
    """Nothing, for a case that can be driven. Raises NotDrivableError or UnknownFeatureError."""
    account = case.account or {}
    if profile_of(case).basis is Basis.BAR:
        raise NotDrivableError("the feed of a running platform carries no bars")
    if account.get("fees") not in {None, "none"}:
        raise UnknownFeatureError(f"fees {account['fees']}")
    if any(Decimal(str(each)) for each in account.get("positions", {}).values()):
        raise NotDrivableError("shares cannot be given without the cash that they cost")
    for step in case.steps:
        check_step(step)
    return []


@contextmanager
def platform_for(root: Path, profile: VenueProfile) -> Iterator["ApiStage"]:
    """A platform whose venue has the profile."""
    words = {
        "basis": profile.basis,
        "liquidity": profile.liquidity,
        "triggers": profile.triggers,
        "in_market_stop": profile.in_market_stop,
    }
    venue = ",".join(f"{name}={word}" for name, word in words.items())
    with scripted_platform(root, venue) as child:
        stage = ApiStage(child)
        try:
            yield stage
        finally:
            stage.close()


class ApiStage:
    """One running platform, on which cases are played one after the other."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._redis = Redis(host="127.0.0.1", port=child.redis_port, decode_responses=True)
        every: list[str] = self._sqs("ListQueues", {})["QueueUrls"]
        self._queues = [each for each in every if "dlq" not in each]

    def close(self) -> None:
        self._redis.close()

    def play(self, case: Case) -> list[str]:
        """A line for each expectation that did not hold."""
        return ApiPlay(self, case).run()

    def drive(self, **command: str) -> None:
        """Inject one event, and wait until everybody who listens has finished with it."""
        number = self._redis.xadd("feed:script", {"command": json.dumps(command)})
        self._until(lambda: self._redis.get("feed:script:done") == number, "the feed")

    def settle(self) -> None:
        """Wait until no message is waiting or being worked on: twice, as work makes messages."""
        for _ in range(2):
            self._until(lambda: not any(map(self._busy, self._queues)), "the queues")

    def waken(self) -> None:
        """What the schedules do at the next minute of the market."""
        for job in _WAKEN:
            request = urllib.request.Request(  # noqa: S310  # our own loopback address
                f"{self.child.aws_url}/2015-03-31/functions/{job}/invocations", data=b"{}"
            )
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # see above
                if answer.headers.get("X-Amz-Function-Error"):
                    raise RuntimeError(f"{job} failed: {answer.read().decode()}")

    def _busy(self, queue: str) -> bool:
        wanted = {"QueueUrl": queue, "AttributeNames": ["All"]}
        has = self._sqs("GetQueueAttributes", wanted)["Attributes"]
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return any(int(has[name]) for name in counted)

    def _sqs(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # our own loopback address
            self.child.aws_url,
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"AmazonSQS.{action}",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # see above
            parsed: dict[str, Any] = json.loads(answer.read())
        return parsed

    @staticmethod
    def _until(holds: Any, who: str) -> None:
        until = monotonic() + _PATIENCE_SECONDS
        while not holds():
            if monotonic() > until:
                raise TimeoutError(f"{who} did not come to rest")
            sleep(0.005)


class ApiPlay:
    """One case under way, for a customer of its own."""

    def __init__(self, stage: ApiStage, case: Case) -> None:
        self._stage = stage
        self._case = case
        self._ids: dict[str, list[str]] = {}
        self._rejected: set[str] = set()
        self._client = Client(stage.child.api_url)
        account = case.account or {}
        self._is_cash = account.get("type") == "cash"
        self._set_up(account)

    def run(self) -> list[str]:
        lines = []
        for number, step in enumerate(self._case.steps, 1):
            refused = getattr(self, f"_{step['event']}")(step)
            self._stage.settle()
            unlike = bool(step.get("expect_refused")) != (refused is not None)
            if unlike and step["event"] != "submit":
                lines.append(f"step {number} {step.get('ref')}: refused: {refused}")
            found = self._differences(step.get("expect") or {})
            lines += [f"step {number} {line}" for line in found]
        return lines + self._account_lines()

    def _differences(self, expected: Mapping[str, Any]) -> list[str]:
        """Where a trailing stop stands is saved every few seconds: for that, and for nothing else,
        there is time."""
        until = monotonic() + _SAVED_WITHIN_SECONDS
        while True:
            found = differences(expected, {ref: self._seen(ref) for ref in expected})
            if not found or monotonic() > until or not all(".stop:" in line for line in found):
                return found
            sleep(0.2)

    def _set_up(self, account: Mapping[str, Any]) -> None:
        """A market that knows no prices yet, and a customer with what the case begins with."""
        email = f"case-{time_ns()}@hub.example"
        identity = {"email": email, "password": _PASSWORD, "name": self._case.case_id}
        self._account_id = self._client.post("/auth/register", identity)["account_id"]
        self._client.log_in(email, _PASSWORD)
        cash = account.get("cash", _CASH)
        self._client.post(f"/accounts/{self._account_id}/deposits", {"amount": cash})
        self._begin()
        if not account:
            self._stage.drive(
                event="quote", symbol=SYMBOL, bid="1", ask="1", bid_size=_PLENTY, ask_size=_PLENTY
            )
            whole = {"symbol": SYMBOL, "side": "buy", "type": "market", "quantity": _SHARES}
            self._client.post("/orders", whole)
            self._stage.settle()
            self._begin()

    def _begin(self) -> None:
        """A clock that is set back forgets what was quoted."""
        self._stage.drive(event="clock", at=_EVENING_BEFORE)
        self._stage.drive(event="clock", at=_DAY)

    def _quote(self, step: Mapping[str, Any]) -> None:
        sizes = {name: str(step.get(name) or _PLENTY) for name in ("bid_size", "ask_size")}
        prices = {name: str(step[name]) for name in ("bid", "ask")}
        self._stage.drive(event="quote", symbol=SYMBOL, **prices, **sizes)

    def _trade(self, step: Mapping[str, Any]) -> None:
        size = str(step.get("size") or _PLENTY)
        self._stage.drive(event="trade", symbol=SYMBOL, price=str(step["price"]), size=size)

    def _clock(self, step: Mapping[str, Any]) -> None:
        self._stage.drive(event="clock", at=step["at"])
        self._stage.waken()

    def _submit(self, step: Mapping[str, Any]) -> str | None:
        asked = asked_for(step)
        body: dict[str, Any] = {
            name: plain(value) if isinstance(value, Decimal) else value
            for name, value in asked._asdict().items()
            if value is not None
        }
        for name in ("take_profit", "stop_loss"):
            if name in body:
                exit_ = body[name]._asdict().items()
                body[name] = {key: plain(price) for key, price in exit_ if price is not None}
        if asked.expire_date is not None:
            body["expire_date"] = asked.expire_date.isoformat()
        try:
            first = self._client.post("/orders", body)["order_id"]
        except ApiRefusedError as error:
            self._rejected.update(refs_of(step))
            return str(error)
        for ref, order_id in zip(refs_of(step), self._family(first), strict=True):
            self._ids[ref] = [order_id]
        return None

    def _family(self, first: str) -> list[str]:
        order = self._client.get(f"/orders/{first}")
        if order["group_id"] is None:
            return [first]
        listed = self._client.get("/orders?nested=true&limit=500")["orders"]
        [group] = [each for each in listed if each["order_id"] == first]
        legs = {each["leg"]: each["order_id"] for each in group["legs"]}
        return [first, *(legs[leg] for leg in ("take_profit", "stop_loss") if leg in legs)]

    def _replace(self, step: Mapping[str, Any]) -> str | None:
        body = {
            name: plain(value) if isinstance(value, Decimal) else str(value)
            for name, value in changes_of(step)._asdict().items()
            if value is not None
        }
        chain = self._ids.get(step["ref"])
        if chain is None:
            return "it was rejected"
        try:
            chain.append(self._client.patch(f"/orders/{chain[-1]}", body)["order_id"])
        except ApiRefusedError as error:
            return str(error)
        return None

    def _cancel(self, step: Mapping[str, Any]) -> str | None:
        chain = self._ids.get(step["ref"])
        if chain is None:
            return "it was rejected"
        try:
            self._client.put(f"/orders/{chain[-1]}/cancel")
        except ApiRefusedError as error:
            return str(error)
        return None

    def _seen(self, ref: str) -> Seen:
        if ref in self._rejected:
            return REJECTED
        chain = [self._client.get(f"/orders/{each}") for each in self._ids[ref]]
        order, earlier = chain[-1], sum(Decimal(each["filled_quantity"]) for each in chain[:-1])
        filled = Decimal(earlier) + Decimal(order["filled_quantity"])
        value = sum(
            Decimal(each["filled_quantity"]) * Decimal(each["average_price"])
            for each in chain
            if each["average_price"] is not None
        )
        status = order["state"]
        if status in {"pending_new", "accepted", "new"}:
            status = "partially_filled" if earlier else "accepted"
        return Seen(
            status,
            filled,
            Decimal(value),
            _decimal(order["stop_price"]),
            _decimal(order["limit_price"]),
            Decimal(earlier) + Decimal(order["quantity"]),
            order["triggered_at"] is not None,
            self._place(chain),
        )

    @staticmethod
    def _place(chain: list[dict[str, Any]]) -> int | None:
        """Fills are told apart by their wall time, to the microsecond."""
        if all(each["average_price"] is None for each in chain):
            return None
        return int(chain[-1]["updated_at"].translate(str.maketrans("", "", "-:.TZ")))

    def _account_lines(self) -> list[str]:
        if not self._case.expect_account:
            return []
        balance = self._client.get(f"/accounts/{self._account_id}/balance")
        positions = self._client.get("/positions")["positions"]
        held = [Decimal(each["quantity"]) for each in positions if each["symbol"] == SYMBOL]
        total, position = Decimal(balance["total"]), sum(held, Decimal(0))
        return list(account_differences(self._case.expect_account, total, position))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
