"""The verbs of `./dev`. Each is imported when it is called: starting should not pay for testing."""

import sys
from collections.abc import Sequence
from importlib import import_module

from local.services.errors import StartError

_VERBS = {
    "run": "local.run",
    "demo": "local.demo",
    "verify": "local.verify",
    "reset": "local.reset",
    "db": "local.db",
    "sam_env": "local.sam_env",
    "test": "local.gate",
    "check": "local.gate",
    "build": "local.build",
    "generate": "local.gate",
    "bench": "local.bench",
}


def main(words: Sequence[str]) -> int:
    verb = words[0].replace("-", "_")
    module = import_module(_VERBS[verb])
    try:
        result: int = getattr(module, verb)(words[1:])
    except StartError as error:
        print(f"\n  {error.message}\n  -> {error.remedy}", file=sys.stderr)
        return 1
    return result


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
