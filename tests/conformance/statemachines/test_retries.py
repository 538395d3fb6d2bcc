from typing import Any

from tests.conformance.statemachines.lab import caught, machine, raising, result, task


def retry(*names: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(names), **fields}


async def test_retries_back_off_from_the_interval_three_times_by_default(lab):
    lab.functions["Echo"] = raising("E")
    await lab.failure(machine(Only=task(Retry=[retry("E")])), seconds=100)
    assert lab.times("Echo") == [0, 1, 3, 7]


async def test_max_delay_caps_the_back_off(lab):
    lab.functions["Echo"] = raising("E")
    ladder = retry("E", IntervalSeconds=2, BackoffRate=3, MaxAttempts=4, MaxDelaySeconds=10)
    await lab.failure(machine(Only=task(Retry=[ladder])), seconds=100)
    assert lab.times("Echo") == [0, 2, 8, 18, 28]


async def test_full_jitter_draws_between_nothing_and_the_delay(lab):
    lab.functions["Echo"] = raising("E")
    ladder = retry("E", IntervalSeconds=8, BackoffRate=1, MaxAttempts=3, JitterStrategy="FULL")
    execution = await lab.start(machine(Only=task(Retry=[ladder])), kind="STANDARD", name="n")
    await lab.clock.advance(30)
    assert execution.status == "FAILED"
    assert lab.times("Echo") == [0, 2, 6, 12]


async def test_no_attempts_means_no_retry_and_the_catcher_is_next(lab):
    lab.functions["Echo"] = raising("E")
    retriers = [retry("E", MaxAttempts=0), retry("States.ALL")]
    only = task(Retry=retriers, Catch=caught("E"))
    assert await lab.output(machine(Only=only, Caught=result(Output=1)), seconds=0) == 1
    assert lab.times("Echo") == [0]


async def test_the_first_retrier_that_matches_is_taken_and_each_counts_for_itself(lab):
    errors = iter(["A", "B", "A", "B", "A"])

    def failing(payload):
        return raising(next(errors))(payload)

    lab.functions["Echo"] = failing
    retriers = [
        retry("A", IntervalSeconds=1, MaxAttempts=2, BackoffRate=1),
        retry("States.ALL", IntervalSeconds=10, MaxAttempts=9, BackoffRate=1),
    ]
    only = task(Retry=retriers, Catch=caught("A"))
    await lab.output(machine(Only=only, Caught=result()), seconds=100)
    assert lab.times("Echo") == [0, 1, 11, 12, 22]


async def test_an_error_no_retrier_names_is_not_retried(lab):
    lab.functions["Echo"] = raising("E")
    await lab.failure(machine(Only=task(Retry=[retry("F")])), seconds=10)
    assert lab.times("Echo") == [0]


async def test_the_retry_count_is_in_the_context(lab):
    seen = []

    def failing_twice(payload):
        seen.append(payload)
        return raising("E")(payload) if len(seen) < 3 else "done"

    lab.functions["Echo"] = failing_twice
    only = task(Arguments="{% $states.context.State.RetryCount %}", Retry=[retry("E")])
    assert await lab.output(machine(Only=only), seconds=10) == "done"
    assert seen == [0, 1, 2]


async def test_a_timeout_is_retried_like_any_error(lab):
    async def hang() -> None:
        await lab.clock.sleep(60)

    lab.functions["Echo"] = lambda _payload: hang()
    ladder = retry("States.Timeout", IntervalSeconds=1, MaxAttempts=1)
    error, _ = await lab.failure(machine(Only=task(TimeoutSeconds=5, Retry=[ladder])), seconds=30)
    assert error == "States.Timeout"
    assert lab.times("Echo") == [0, 6]


async def test_a_parallel_state_is_retried_whole(lab):
    lab.functions["Bad"] = raising("E")
    branches = [
        {"StartAt": "Good", "States": {"Good": task()}},
        {"StartAt": "Bad", "States": {"Bad": task("Bad")}},
    ]
    both = {
        "Type": "Parallel",
        "Branches": branches,
        "End": True,
        "Retry": [retry("E", MaxAttempts=1)],
    }
    await lab.failure(machine(Only=both), seconds=10)
    assert (lab.times("Echo"), lab.times("Bad")) == ([0, 1], [0, 1])


async def test_a_ladder_of_hours_takes_no_time(lab):
    lab.functions["Echo"] = raising("E")
    ladder = retry("E", IntervalSeconds=3600, BackoffRate=1, MaxAttempts=6)
    execution = await lab.run(machine(Only=task(Retry=[ladder])), seconds=6 * 3600)
    assert execution.error == "E"
    assert lab.times("Echo") == [3600 * hour for hour in range(7)]
