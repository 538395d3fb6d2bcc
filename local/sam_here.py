"""`sam`, for artefacts that run on this machine: `python -m local.sam_here build ...`.

SAM refuses packages whose C library is newer than the one beside Lambda's Python of that version.
Here they meet this machine's library, so its version stands in the place of Lambda's.
"""

import sys

from aws_lambda_builders.workflows.python_pip.packager import DependencyBuilder
from samcli.cli.main import cli

# SAM knows which tags go with this version and not with those between the standards.
_C_LIBRARY = (2, 34)


def main() -> None:
    abi = f"cp{sys.version_info.major}{sys.version_info.minor}"
    DependencyBuilder._RUNTIME_GLIBC[abi] = _C_LIBRARY  # there is no option
    cli(prog_name="sam")


if __name__ == "__main__":
    main()
