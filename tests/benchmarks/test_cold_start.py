"""The parts of the cold start's benchmark that only compute, and its Runtime API."""

import sys

import pytest

from benchmarks.cold_start import compared, heaviest
from benchmarks.runtime_api import InitError, RuntimeApi

IMPORTS = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   pydantic.main
import time:        50 |        150 | pydantic
import time:        70 |         70 |     hub.domain.kernel
import time:        10 |         80 |   hub.domain
import time:        20 |        100 | hub
import time:       120 |        120 | json
"""
CLIENT = """
import http.client, os, time
time.sleep(0.2)
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("GET", "/2018-06-01/runtime/invocation/next")
connection.getresponse()
"""


def test_the_heaviest_imports_are_whole_packages_by_their_own_time():
    found = [(each.module, each.own) for each in heaviest(IMPORTS)]
    assert found == [("pydantic", 150), ("json", 120), ("hub.domain", 80), ("hub", 20)]


def test_a_handler_is_compared_with_the_hello_round_by_round():
    took = {"hello": [0.1, 0.2, 0.1], "SubmitOrder": [0.4, 0.4, 0.3]}
    figures = {each.name: each for each in compared(took)}
    assert figures["SubmitOrder: x hello"].value == 3.0
    assert figures["SubmitOrder: x hello"].met is True
    assert figures["SubmitOrder: init"].value == 300.0
    assert figures["hello: x hello"].met is None


def test_an_init_lasts_until_the_function_asks_for_its_first_invocation(tmp_path):
    with RuntimeApi() as api:
        environment = {"LAMBDA_TASK_ROOT": str(tmp_path)}
        assert 0.2 < api.init([sys.executable, "-c", CLIENT], environment) < 10


def test_a_function_that_ends_before_it_asks_is_an_error_with_its_last_words(tmp_path):
    broken = [sys.executable, "-c", "raise SystemExit('no such handler')"]
    with RuntimeApi() as api, pytest.raises(InitError, match="no such handler"):
        api.init(broken, {"LAMBDA_TASK_ROOT": str(tmp_path)})
