"""The state machine SettleTrades: its own definition, with the handlers of its steps on a world."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from hub.domain.accounts.balance import Balance
from hub.domain.kernel import UnavailableError
from local.clock import VirtualClock
from local.statemachines.engine import Engine
from local.statemachines.errors import FunctionError
from local.statemachines.execution import Execution
from tests.architecture.project import functions, machines
from tests.fixtures.worlds import TRACE, Customer, World

DUE = datetime(2012, 6, 6, 14, 0, tzinfo=UTC)
RUN = {"as_of": "2012-06-06", "market_time": DUE.isoformat(), "trace_id": TRACE}
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
CONTEXT = SimpleNamespace(aws_request_id=TRACE, function_name="step")
Fault = Callable[[str, int], None]


def no_fault(_name: str, _call: int) -> None: ...


class Machine:
    """Runs the definition; `fault` may fail the n-th call of a step."""

    def __init__(self, fault: Fault = no_fault) -> None:
        self.clock = VirtualClock(DUE)
        self.calls: dict[str, int] = {}
        self._fault = fault
        self.engine = Engine(self._invoke, clock=self.clock, integrations={}, journal=None)
        properties, text = machines()["SettleTrades"]
        for name, its in properties["DefinitionSubstitutions"].items():
            text = text.replace(f"${{{name}}}", ARN + its["Fn::GetAtt"][0])
        self.arn = self.engine.register("SettleTrades", json.loads(text), "STANDARD")

    async def _invoke(self, function: str, payload: Any) -> Any:
        name = function.removeprefix(ARN)
        self.calls[name] = self.calls.get(name, 0) + 1
        [step] = [each for each in functions() if each.name == name]
        try:
            self._fault(name, self.calls[name])
            return step.module.handler(json.loads(json.dumps(payload)), CONTEXT)
        except Exception as error:
            raise FunctionError(type(error).__name__, str(error), []) from error

    async def run(self) -> Execution:
        return await self.end(await self.engine.start(self.arn, RUN))

    async def redrive(self, execution: Execution) -> Execution:
        """As the console does; what was called before is forgotten."""
        self.calls.clear()
        return await self.end(self.engine.redrive(execution.arn))

    async def end(self, execution: Execution) -> Execution:
        ended = asyncio.ensure_future(execution.finished())
        while not ended.done():
            await self.clock.advance(10)
            await asyncio.sleep(0)
        return await ended


def sellers(world: World, count: int) -> list[Customer]:
    customers = [world.customer() for _ in range(count)]
    for customer in customers:
        world.give(customer, "1", "100")
        world.submit(customer, "sell", "1")
        world.process()
    world.market(DUE)
    return customers


def settled(world: World, customers: list[Customer]) -> list[int]:
    return [int(world.balance(each).settled) for each in customers]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of two accounts, and a page for each."""
    monkeypatch.setattr("hub.application.settlement.find_due_accounts.SIZE", 2)
    monkeypatch.setattr("hub.application.settlement.settle_accounts.PAGE", 1)


async def test_it_settles_every_range_page_by_page_and_tells(world: World, small: None):
    customers = sellers(world, 5)
    machine = Machine()

    execution = await machine.run()

    assert (execution.status, execution.output) == ("SUCCEEDED", {"complete": True})
    assert settled(world, customers) == [100] * 5
    assert machine.calls == {
        "StepFindDueAccounts": 1,
        "StepSettleAccounts": 5,
        "StepFinishSettlement": 1,
    }
    [(kind, detail)] = told(world)
    assert (kind, detail["settled"], detail["amount"]) == ("SettlementFinished", 5, "500.00")


async def test_a_run_with_nothing_due_is_done_at_once(world: World):
    execution = await Machine().run()

    assert execution.status == "SUCCEEDED"


async def test_trouble_that_passes_is_waited_out(world: World, small: None):
    customers = sellers(world, 3)

    def fault(name: str, call: int) -> None:
        if call <= 2:
            raise UnavailableError("the database does not answer", code="database")

    execution = await Machine(fault).run()

    assert execution.status == "SUCCEEDED"
    assert settled(world, customers) == [100] * 3


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    return [
        (each["type"], each["detail"])
        for each in world.sent.told()
        if each["type"].startswith("Settlement")
    ]


async def test_a_range_that_fails_leaves_the_others_settled_and_is_tried_again(
    world: World, small: None
):
    customers = sellers(world, 4)
    seen: list[list[int]] = []

    def fault(name: str, call: int) -> None:
        if (name, call) == ("StepSettleAccounts", 1):
            raise TypeError("a defect")
        if name == "StepFinishSettlement":
            seen.append(sorted(settled(world, customers)))

    execution = await Machine(fault).run()

    assert execution.status == "SUCCEEDED"
    assert seen == [[0, 0, 100, 100], [100] * 4]
    kinds = [(kind, each["failed_ranges"], each["settled"]) for kind, each in told(world)]
    assert kinds == [("SettlementIncomplete", 1, 2), ("SettlementFinished", 0, 4)]


async def test_a_redrive_runs_the_account_alone_that_could_not_settle(
    tampered_world: World, small: None
):
    world, machine = tampered_world, Machine()
    customers = sellers(world, 6)
    sick = customers[3].account_id
    world.tamper(
        "ALTER TABLE ledger_entries ADD CONSTRAINT sick CHECK"
        f" (ledger <> 'settled' OR amount < 0 OR account_id <> '{sick}') NOT VALID"
    )

    execution = await machine.run()

    assert (execution.status, execution.error) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
    )
    assert settled(world, customers) == [100, 100, 100, 0, 100, 100]
    [(kind, detail)] = told(world)
    assert (kind, detail["failed_accounts"], detail["settled"]) == (
        "SettlementIncomplete",
        [sick],
        5,
    )

    still = await machine.redrive(execution)
    assert still.status == "FAILED"
    assert machine.calls == {"StepSettleAccounts": 1}
    world.tamper("ALTER TABLE ledger_entries DROP CONSTRAINT sick")

    again = await machine.redrive(execution)

    assert (again.status, again.redrives) == ("SUCCEEDED", 2)
    assert machine.calls == {"StepSettleAccounts": 1, "StepFinishSettlement": 1}
    kind, detail = told(world)[-1]
    assert (kind, detail["settled"], detail["amount"]) == ("SettlementFinished", 6, "600.00")
    assert [world.balance(each) for each in customers] == [Balance(Decimal(100))] * 6
    assert world.broken_invariants() == {}


async def test_a_redrive_leaves_the_ranges_alone_that_have_settled_since(world: World, small: None):
    customers = sellers(world, 6)
    sick = {customers[0].account_id, customers[5].account_id}

    def fault(name: str, _call: int) -> None:
        if name == "StepSettleAccounts" and sick:
            raise TypeError("a defect")

    machine = Machine(fault)
    execution = await machine.run()
    assert (execution.status, execution.error) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
    )
    assert settled(world, customers) == [0] * 6

    sick.clear()
    again = await machine.redrive(execution)

    assert again.status == "SUCCEEDED"
    before = world.contents()
    assert (await Machine().run()).status == "SUCCEEDED"
    assert world.contents() == before
    assert [world.balance(each) for each in customers] == [Balance(Decimal(100))] * 6


async def test_a_first_step_that_failed_is_where_a_redrive_begins(world: World):
    customers = sellers(world, 1)
    broken = [True]

    def fault(name: str, _call: int) -> None:
        if name == "StepFindDueAccounts" and broken:
            raise TypeError("a defect")

    machine = Machine(fault)
    execution = await machine.run()
    assert (execution.status, execution.error) == ("FAILED", "TypeError")

    broken.clear()
    assert (await machine.redrive(execution)).status == "SUCCEEDED"
    assert settled(world, customers) == [100]
