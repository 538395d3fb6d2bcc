"""A real executor over handler files that a test writes."""

from pathlib import Path
from textwrap import dedent

import pytest

from local.functions import Functions
from local.template.model import FunctionSpec


class Workshop:
    """Writes handlers and runs them. Each file `name.py` is a function `Name`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = folder / "code"
        self.layer = folder / "layer"
        self.code.mkdir()
        self.layer.mkdir()
        self.specs: dict[str, FunctionSpec] = {}
        self._running: list[Functions] = []

    def add(self, name: str, source: str, /, **changes) -> None:
        file = name.lower()
        (self.code / f"{file}.py").write_text(dedent(source))
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        spec = FunctionSpec(
            name, name, arn, self.code, f"{file}.handler", 5.0, 128, {}, None, (self.layer,)
        )
        self.specs[name] = spec._replace(**changes)

    async def start(self, **options) -> Functions:
        functions = Functions(self.specs, state=self.folder, **{"watch": None, **options})
        self._running.append(functions)
        await functions.start()
        return functions

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text()

    async def close(self) -> None:
        for functions in self._running:
            await functions.close()


@pytest.fixture
async def workshop(tmp_path):
    workshop = Workshop(tmp_path)
    yield workshop
    await workshop.close()
