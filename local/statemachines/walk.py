"""Walking a flow: one state after another, with its expressions, its retries and its catchers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, cast

from local.clock import Clock
from local.statemachines import timing
from local.statemachines.errors import NO_CHOICE_MATCHED, QUERY_EVALUATION, StateError
from local.statemachines.execution import Position, Trail
from local.statemachines.expressions import Scope, Template
from local.statemachines.model import Catcher, Choice, Fail, Flow, Guarded, Rule, State, Wait
from local.statemachines.payload import limited


class Step(NamedTuple):
    """How a state was left; without `next` it was the last of its flow."""

    next: str | None
    output: Any
    assigned: dict[str, Any]


@dataclass(slots=True)
class Strand:
    """One line of control: the machine's own, a branch's or an item's."""

    variables: dict[str, Any]
    context: Mapping[str, Any]
    trail: Trail
    moved: Callable[[Position], None] | None = None

    def fork(self, **context: Any) -> "Strand":
        """A strand that sees these variables; what it assigns stays its own."""
        return Strand(dict(self.variables), {**self.context, **context}, self.trail.fork())


@dataclass(slots=True)
class Visit:
    """One stay in a state, all its tries included."""

    state: State
    at: Position
    strand: Strand
    context: dict[str, Any]

    @property
    def trail(self) -> Trail:
        return self.strand.trail

    def scope(self, **members: Any) -> Scope:
        states = {"input": self.at.input, "context": self.context, **members}
        return {**self.strand.variables, "states": states}

    def leave(self, by: State | Rule | Catcher, default: Any, **members: Any) -> Step:
        """Output and Assign of `by`, both on the values before the state."""
        scope = self.scope(**members)
        output = default if by.output is None else by.output(scope)
        assigned = {} if by.assign is None else by.assign(scope)
        limited(output, f"output of the state '{self.state.name}'")
        for name, value in assigned.items():
            limited(value, f"variable '{name}'")
        return Step(by.next, output, assigned)


Attempt = Callable[[Visit], Awaitable[Step]]


class Walker:
    """Walks flows; `attempts` are the states that reach out, by type."""

    def __init__(
        self, clock: Clock, random: Callable[[], float], attempts: Mapping[str, Attempt]
    ) -> None:
        self.clock = clock
        self._random = random
        self._attempts = attempts
        self._own: dict[str, Attempt] = {
            "Pass": self._pass,
            "Succeed": self._pass,
            "Choice": self._choice,
            "Wait": self._wait,
            "Fail": self._fail,
        }

    async def walk(self, flow: Flow, strand: Strand, at: Position) -> Any:
        """The output of the flow, from `at` on. Raises StateError."""
        while True:
            step = await self._visit(flow.states[at.state], at, strand)
            strand.variables = {**strand.variables, **step.assigned}
            if step.next is None:
                return step.output
            at = Position(step.next, step.output, strand.variables, self.clock.now())
            if strand.moved:
                strand.moved(at)

    async def start(self, flow: Flow, strand: Strand, given: Any) -> Any:
        at = Position(flow.start_at, given, strand.variables, self.clock.now())
        return await self.walk(flow, strand, at)

    async def _visit(self, state: State, at: Position, strand: Strand) -> Step:
        strand.trail.record(f"{state.type}StateEntered", name=state.name, input=at.input)
        entered = {"Name": state.name, "EnteredTime": timing.iso(at.entered), "RetryCount": 0}
        visit = Visit(state, at, strand, {**strand.context, "State": entered})
        try:
            step = await self._enter(visit)
        except StateError as error:
            if error.error == QUERY_EVALUATION:
                strand.trail.failed("EvaluationFailed", error, state=state.name)
            raise
        strand.trail.record(f"{state.type}StateExited", name=state.name, output=step.output)
        return step

    async def _enter(self, visit: Visit) -> Step:
        if isinstance(visit.state, Guarded):
            return await self._guarded(visit, visit.state)
        return await self._own[visit.state.type](visit)

    async def _guarded(self, visit: Visit, state: Guarded) -> Step:
        tries = [0] * len(state.retriers)
        while True:
            try:
                return await self._attempts[state.type](visit)
            except StateError as error:
                delay = self._delay(state, tries, error)
                if delay is None:
                    return _caught(visit, state, error)
            visit.context["State"]["RetryCount"] += 1
            await self.clock.sleep(delay)

    def _delay(self, state: Guarded, tries: list[int], error: StateError) -> float | None:
        """Seconds until the next try; None when the first retrier that matches has no more."""
        for number, retrier in enumerate(state.retriers):
            if error.matches(retrier.errors):
                if tries[number] >= retrier.attempts:
                    return None
                tries[number] += 1
                return retrier.delay(tries[number], self._random() if retrier.jitter else 1)
        return None

    async def _pass(self, visit: Visit) -> Step:
        return visit.leave(visit.state, visit.at.input)

    async def _choice(self, visit: Visit) -> Step:
        state, scope = cast("Choice", visit.state), visit.scope()
        for rule in state.rules:
            matched = rule.condition(scope)
            if not isinstance(matched, bool):
                cause = f"The Condition of a rule of '{state.name}' gave no boolean: {matched!r}"
                raise StateError(QUERY_EVALUATION, cause)
            if matched:
                return visit.leave(rule, visit.at.input)
        if state.next is None:
            raise StateError(NO_CHOICE_MATCHED, f"No rule of '{state.name}' matched.")
        return visit.leave(state, visit.at.input)

    async def _wait(self, visit: Visit) -> Step:
        state, scope = cast("Wait", visit.state), visit.scope()
        if state.timestamp is not None:
            until = _moment(state.timestamp(scope))
        else:
            until = visit.at.entered + timedelta(seconds=amount(state.seconds, scope) or 0)
        remaining = (until - self.clock.now()).total_seconds()
        if remaining > 0:
            await self.clock.sleep(remaining)
        return visit.leave(state, visit.at.input)

    async def _fail(self, visit: Visit) -> Step:
        state, scope = cast("Fail", visit.state), visit.scope()
        raise StateError(_worded(state.error, scope), _worded(state.cause, scope))


def amount(template: Template | None, scope: Scope) -> int | None:
    """The whole number that a field gives. Raises StateError when it gives something else."""
    value = None if template is None else template(scope)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise StateError(QUERY_EVALUATION, f"A whole number is expected, not {value!r}.")


def _caught(visit: Visit, state: Guarded, error: StateError) -> Step:
    for catcher in state.catchers:
        if error.matches(catcher.errors):
            caught = error.output()
            return visit.leave(catcher, caught, errorOutput=caught)
    raise error


def _worded(template: Template | None, scope: Scope) -> str:
    value = "" if template is None else template(scope)
    if not isinstance(value, str):
        raise StateError(QUERY_EVALUATION, f"A text is expected, not {value!r}.")
    return value


def _moment(value: Any) -> Any:
    try:
        return timing.parsed(value)
    except (TypeError, ValueError) as error:
        raise StateError(QUERY_EVALUATION, f"Not a timestamp: {error}") from error
