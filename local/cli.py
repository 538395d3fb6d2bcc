"""The verbs of `./dev`. Each is imported when it is called: starting should not pay for testing."""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from local.services.errors import StartError

_INTERRUPTED = 128 + signal.SIGINT
_VERBS = {
    "run": "local.run",
    "demo": "local.demo",
    "verify": "local.verify",
    "admin": "local.admin",
    "rotate_keys": "local.keys",
    "reset": "local.reset",
    "db": "local.db",
    "sam_env": "local.sam_env",
    "test": "local.gate",
    "check": "local.gate",
    "audit": "local.audit.run",
    "build": "local.build",
    "clients": "local.clients",
    "generate": "local.gate",
    "fidelity": "local.fidelity.run",
    "bench": "local.bench",
    "simulate": "local.simulate",
    "chaos": "local.chaos",
    "prove": "local.prove",
}


def main(words: Sequence[str]) -> int:
    verb = words[0].replace("-", "_")
    try:
        module = import_module(_VERBS[verb])
        result: int = getattr(module, verb)(words[1:])
    except StartError as error:
        print(f"\n  {error.message}\n  -> {error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return result


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
