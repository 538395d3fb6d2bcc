"""Writes stream/gen/ from protos/.

python -m tools.generate_protos            rewrite it
python -m tools.generate_protos --check    fail where it differs

The generated service module imports its messages by the path of the proto file, which is that of
Hub's own package; the import is rewritten to where the files lie. The descriptor keeps its name, so
that two copies in one process are the same file to protobuf.
"""

import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # it ships no types

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "stream" / "gen"
_PROTO = "hub/market/v1/market_data.proto"
_IMPORT = "from hub.market.v1 import market_data_pb2"


def generated() -> dict[str, str]:
    """The name and text of every file of stream/gen/."""
    with tempfile.TemporaryDirectory() as folder:
        _compile(Path(folder))
        texts = {path.name: path.read_text() for path in Path(folder).rglob("*.py*")}
    service = texts["market_data_pb2_grpc.py"]
    if _IMPORT not in service:
        raise ValueError(f"the generated service does not contain {_IMPORT!r}")
    texts["market_data_pb2.pyi"] = "# mypy: ignore-errors\n" + texts["market_data_pb2.pyi"]
    texts["market_data_pb2_grpc.py"] = "# mypy: ignore-errors\n" + service.replace(
        _IMPORT, "from stream.gen import market_data_pb2"
    )
    texts["__init__.py"] = '"""Generated from protos/ by tools/generate_protos.py."""\n'
    return texts


def write(output: Path) -> None:
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    for name, text in generated().items():
        (output / name).write_text(text)


def _compile(output: Path) -> None:
    arguments = [
        "protoc",
        f"-I{ROOT / 'protos'}",
        f"-I{files('grpc_tools') / '_proto'}",
        *(f"--{kind}={output}" for kind in ("python_out", "pyi_out", "grpc_python_out")),
        _PROTO,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")


def main() -> int:
    if "--check" in sys.argv:
        return (
            0
            if {path.name: path.read_text() for path in OUTPUT.glob("*.py*")} == generated()
            else 1
        )
    write(OUTPUT)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
