"""Finds the resource of a path: fixed segments before parameters before a greedy rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from local.template.model import Route


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    parameters: dict[str, "_Node"] = field(default_factory=dict)
    greedy: dict[str, "_Node"] = field(default_factory=dict)
    path: str = ""
    methods: dict[str, Route] = field(default_factory=dict)


class Match(NamedTuple):
    """A resource: its path as the template has it, its methods, the values of its parameters."""

    resource: str
    methods: Mapping[str, Route]
    parameters: dict[str, str]

    def route(self, method: str) -> Route | None:
        return self.methods.get(method) or self.methods.get("ANY")


class Routes:
    """The routes of one API."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.strip("/").split("/"):
                node = _below(node, segment)
            node.path = route.path
            node.methods[route.method] = route

    def match(self, path: str) -> Match | None:
        segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
        return _find(self._root, segments, {})


def _below(node: _Node, segment: str) -> _Node:
    if segment.startswith("{") and segment.endswith("+}"):
        return node.greedy.setdefault(segment[1:-2], _Node())
    if segment.startswith("{") and segment.endswith("}"):
        return node.parameters.setdefault(segment[1:-1], _Node())
    return node.fixed.setdefault(segment, _Node())


def _find(node: _Node, segments: list[str], parameters: dict[str, str]) -> Match | None:
    if not segments:
        return Match(node.path, node.methods, parameters) if node.methods else None
    first, rest = segments[0], segments[1:]
    if first in node.fixed and (found := _find(node.fixed[first], rest, parameters)):
        return found
    for name, below in node.parameters.items():
        if first and (found := _find(below, rest, {**parameters, name: first})):
            return found
    for name, below in node.greedy.items():
        if any(segments):
            return Match(below.path, below.methods, {**parameters, name: "/".join(segments)})
    return None
