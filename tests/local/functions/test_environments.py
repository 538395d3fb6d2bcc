"""How environments are reused, limited, renewed, and how nothing outlives its parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.functions import FunctionError
from tests.local.waiting import parent_of, runs, until, until_answer

PID = "import os\ndef handler(event, context): return os.getpid()"
NAP = """
    import os, time
    def handler(event, context):
        start = time.time()
        time.sleep(event)
        return [os.getpid(), start, time.time()]
"""


async def test_a_warm_environment_is_used_again_last_in_first_out(workshop):
    workshop.add("Nap", NAP)
    functions = await workshop.start()
    naps = await asyncio.gather(*(functions.invoke("Nap", nap) for nap in (0.1, 0.2, 0.3)))
    last = naps[2][0]
    assert len({nap[0] for nap in naps}) == 3
    assert [(await functions.invoke("Nap", 0))[0] for _ in range(3)] == [last] * 3


async def test_callers_over_the_limit_wait_in_order(workshop):
    workshop.add("Nap", NAP, max_concurrency=1)
    functions = await workshop.start()
    naps = await asyncio.gather(*(functions.invoke("Nap", 0.03) for _ in range(5)))
    assert len({nap[0] for nap in naps}) == 1
    starts, ends = [nap[1] for nap in naps], [nap[2] for nap in naps]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


async def test_a_full_house_makes_place_by_ending_the_longest_idle(workshop):
    for name in ("One", "Two", "Three"):
        workshop.add(name, PID)
    functions = await workshop.start(capacity=2)
    one, two, three = [await functions.invoke(name, 0) for name in ("One", "Two", "Three")]
    await until(lambda: not runs(one))
    assert await functions.invoke("Two", 0) == two
    assert await functions.invoke("Three", 0) == three
    assert await functions.invoke("One", 0) != one


async def test_a_full_house_at_work_keeps_others_waiting(workshop):
    workshop.add("Nap", NAP)
    workshop.add("Pid", PID)
    functions = await workshop.start(capacity=1)
    nap, pid = await asyncio.gather(functions.invoke("Nap", 0.2), functions.invoke("Pid", 0))
    assert nap[0] != pid


async def test_failed_starts_do_not_use_up_places(workshop):
    workshop.add("Broken", "raise ValueError('x')", max_concurrency=1)
    functions = await workshop.start(capacity=1)
    for _ in range(3):
        with pytest.raises(FunctionError, match="ValueError: x"):
            await asyncio.wait_for(functions.invoke("Broken", 0), 5)


async def test_an_idle_environment_retires(workshop):
    workshop.add("Pid", PID)
    functions = await workshop.start(idle=0.2)
    pid = await functions.invoke("Pid", 0)
    await until(lambda: not runs(pid))
    assert await functions.invoke("Pid", 0) != pid


async def test_a_changed_file_is_met_by_the_next_call(workshop):
    workshop.add("Word", "def handler(event, context): return 'old'")
    functions = await workshop.start(watch=0.05)
    assert await functions.invoke("Word", 0) == "old"
    workshop.add("Word", "def handler(event, context): return 'brand new'")
    await until_answer(lambda: functions.invoke("Word", 0), "brand new")


async def test_a_changed_layer_renews_what_was_preloaded_and_lets_running_calls_finish(workshop):
    module = workshop.layer / "layered.py"
    module.write_text("WORD = 'old'")
    workshop.add(
        "Word",
        """
        import layered, os, time

        def handler(until, context):
            if until:
                open(until + " waited for", "w").close()
            while until and not os.path.exists(until):
                time.sleep(0.01)
            return layered.WORD
        """,
        timeout=60.0,
    )
    functions = await workshop.start(watch=0.05, preload=["layered"])
    assert await functions.invoke("Word", "") == "old"
    end = workshop.folder / "end"
    running = asyncio.create_task(functions.invoke("Word", str(end)))
    await until(Path(f"{end} waited for").exists)
    module.write_text("WORD = 'brand new'")
    await until_answer(lambda: functions.invoke("Word", ""), "brand new")
    assert not running.done()
    end.touch()
    assert await running == "old"


async def test_a_module_that_fails_to_preload_only_fails_its_functions(workshop):
    (workshop.layer / "bent.py").write_text("raise RuntimeError('crooked')")
    workshop.add("Pid", PID)
    workshop.add("Crooked", "import bent\ndef handler(e, c): pass")
    functions = await workshop.start(preload=["bent"])
    assert await functions.invoke("Pid", 0) > 0
    with pytest.raises(FunctionError, match="RuntimeError: crooked"):
        await functions.invoke("Crooked", 0)


async def test_a_dead_fork_server_is_replaced(workshop):
    workshop.add("Nap", NAP)
    functions = await workshop.start()
    pid, *_ = await functions.invoke("Nap", 0)
    parent = parent_of(pid)
    running = asyncio.create_task(functions.invoke("Nap", 30))
    await asyncio.sleep(0.1)
    os.kill(parent, signal.SIGKILL)
    with pytest.raises(FunctionError, match=r"Runtime\.ExitError"):
        await running
    assert (await functions.invoke("Nap", 0))[0] != pid


async def test_a_killed_environment_fails_its_call_only(workshop):
    workshop.add("Nap", NAP)
    functions = await workshop.start()
    pid, *_ = await functions.invoke("Nap", 0)
    running = asyncio.create_task(functions.invoke("Nap", 30))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(FunctionError, match="signal: killed"):
        await running
    assert (await functions.invoke("Nap", 0))[0] != pid


ORPHANS = """
import asyncio, json, sys
from pathlib import Path
from local.functions import Functions
from local.template.model import FunctionSpec

async def main(folder):
    spec = FunctionSpec("Nap", "Nap", "arn:aws:lambda:us-east-1:0:function:Nap", folder / "code",
                        "nap.handler", 60.0, 128, {}, None, ())
    functions = Functions({"Nap": spec}, state=folder)
    await functions.start()
    idle, server = await functions.invoke("Nap", 0)
    busy = asyncio.create_task(functions.invoke("Nap", 50))
    await asyncio.sleep(0.2)
    other, _ = await functions.invoke("Nap", 0)
    print(json.dumps([idle, other, server]), flush=True)
    await busy

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_killed_parent_leaves_no_process(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "nap.py").write_text(
        "import os, time\n"
        "def handler(e, c):\n    time.sleep(e)\n    return [os.getpid(), os.getppid()]\n"
    )
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANS, str(tmp_path)], stdout=subprocess.PIPE, cwd=root
    )
    try:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
    finally:
        parent.kill()
        parent.communicate()
    deadline = time.monotonic() + 5
    while any(runs(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {[p for p in pids if runs(p)]}"
        time.sleep(0.02)
    assert len(set(pids)) == 3


async def test_environments_start_a_few_at_a_time_and_all_come_up(workshop, monkeypatch):
    monkeypatch.setattr("local.functions.executor._STARTS_AT_ONCE", 2)
    workshop.add(
        "Slow",
        f"""
        import os, time
        beside = {str(workshop.folder / "beside")!r}
        os.makedirs(beside, exist_ok=True)
        mine = os.path.join(beside, str(os.getpid()))
        open(mine, "w").close()
        seen = 0
        for _ in range(5):
            seen = max(seen, len(os.listdir(beside)))
            time.sleep(0.02)
        os.remove(mine)

        def handler(event, context):
            time.sleep(0.2)
            return seen
        """,
    )
    functions = await workshop.start(concurrency=6)

    seen = await asyncio.gather(*(functions.invoke("Slow", None) for _ in range(6)))

    assert max(seen) <= 2
    assert len(seen) == 6
