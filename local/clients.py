"""`./dev clients`: clients that others wrote, at the stream: a browser, Node's, Python's."""

import shutil
import subprocess
import sys
from collections.abc import Sequence

from local.options import ROOT
from local.services.errors import StartError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Each line of the report is a client and what it did.
_TESTS = (
    "tests/stream/in_browser.py",
    "tests/stream/test_pages.py",
    "tests/stream/test_grpc_js.py",
    "tests/stream/test_grpc.py",
    "tests/stream/test_websocket.py",
)


def clients(_words: Sequence[str]) -> int:
    """What the gate runs of these, and the browser, which it does without."""
    if not any(map(shutil.which, BROWSERS)):
        raise StartError("a browser is to be tested, and there is none", "apt install chromium")
    command = (sys.executable, "-m", "pytest", "-vv", "-n", "0", *_TESTS)
    return subprocess.run(command, cwd=ROOT, check=False).returncode
