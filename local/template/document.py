"""YAML as CloudFormation writes it: short intrinsic tags, no double keys, line numbers kept."""

from pathlib import Path
from typing import Any

import yaml

from local.template.errors import Place, TemplateError

_SHORT_NAMES = {"Ref": "Ref", "Condition": "Condition"}


class Block(dict[str, Any]):
    """A mapping that remembers the line of itself and of each key."""

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int) -> None:
        self[key] = value
        self.lines[key] = line


def read_document(path: Path) -> Block:
    """The parsed template, intrinsics in their long form."""
    try:
        with path.open(encoding="utf-8") as stream:
            document = yaml.load(stream, Loader=_Loader)  # noqa: S506 -- derives from SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise TemplateError(Place(path.name, line=line), str(error.problem)) from error
    if not isinstance(document, Block):
        raise TemplateError(Place(path.name), "is not a mapping")
    return document


class _Loader(yaml.SafeLoader):
    pass


def _construct_block(loader: _Loader, node: yaml.MappingNode) -> Block:
    loader.flatten_mapping(node)
    block = Block(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in block:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key} stands twice", key_node.start_mark
            )
        line = key_node.start_mark.line + 1
        block.put(key, loader.construct_object(value_node, deep=True), line)
    return block


def _construct_short(loader: _Loader, suffix: str, node: yaml.Node) -> Block:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = _construct_block(loader, node)  # type: ignore[arg-type]  # the third kind of node
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    line = node.start_mark.line + 1
    block = Block(line)
    block.put(_SHORT_NAMES.get(suffix, f"Fn::{suffix}"), value, line)
    return block


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_block)
_Loader.add_multi_constructor("!", _construct_short)
