"""The template's resources: which exist, how each is named, what Ref and GetAtt of it give."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.template.catalogue import ACCOUNT, CLOUD_ONLY_TYPES, LOCAL_TYPES, REGION
from local.template.document import Block
from local.template.errors import Place, TemplateError
from local.template.intrinsics import NO_VALUE, Resolver
from local.template.properties import Properties

_LEFT_ALONE = ("Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy",
               "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy", "Connectors")  # fmt: skip
_SECTIONS = {"AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters",
             "Conditions", "Globals", "Resources", "Outputs", "Rules"}  # fmt: skip
_GLOBALS = {
    "Function": "AWS::Serverless::Function",
    "Api": "AWS::Serverless::Api",
    "LayerVersion": "AWS::Serverless::LayerVersion",
    "StateMachine": "AWS::Serverless::StateMachine",
}


class Resources:
    """Resolves references between resources. `values` holds parameters and, as `Name` or
    `Name.Attribute`, what cloud-only resources give."""

    def __init__(self, document: Block, values: Mapping[str, str], endpoint: str) -> None:
        self._document = document
        self._blocks: dict[str, Any] = document.get("Resources", {})
        self._endpoint = endpoint
        self._check_sections()
        parameters = self._parameters(values)
        self._given = {name: value for name, value in values.items() if name not in parameters}
        self._names: dict[str, str | None] = {}
        self.resolver = Resolver(
            {**_pseudo(), **parameters}, document.get("Conditions", {}), self._lookup
        )
        self._types: dict[str, str] = {
            name: self._type(name) for name in self._blocks if self._exists(name)
        }
        self._check_given()

    def of_type(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """Each resource of a type with its properties, Globals merged in."""
        for name, its in self._types.items():
            if its == kind:
                yield name, self.properties(name)

    def properties(self, name: str) -> Properties:
        block = self._blocks[name]
        place = Place(name, line=block.line)
        raw = self.resolver.unwrap(block.get("Properties", Block(block.line)), place)
        for section, kind in _GLOBALS.items():
            if kind == self._types[name]:
                raw = _merged(self._document.get("Globals", {}).get(section, Block()), raw)
        return Properties(raw, self.resolver, place)

    def named(self, kind: str, name: str, place: Place) -> str:
        """The logical id of the resource of that type with this physical name."""
        for logical_id, its in self._types.items():
            if its == kind and self.name(logical_id) == name:
                return logical_id
        raise TemplateError(place, f"{name!r} names no {kind} of this template")

    def name(self, logical_id: str) -> str:
        """The physical name: the one the template gives, else the logical id."""
        if logical_id not in self._names:
            self._names[logical_id] = None
            kind = LOCAL_TYPES[self._types[logical_id]]
            given = self.properties(logical_id).text(kind.name_property, logical_id)
            self._names[logical_id] = str(given)
        if (known := self._names[logical_id]) is None:
            raise TemplateError(Place(logical_id), "its name depends on itself")
        return known

    def arn(self, logical_id: str) -> str:
        return str(self._lookup(logical_id, "Arn", Place(logical_id)))

    def _lookup(self, name: str, attribute: str | None, place: Place) -> str:
        key = name if attribute is None else f"{name}.{attribute}"
        if key in self._given:
            return self._given[key]
        owner, _, qualifier = name.partition(".")
        kind = self._types.get(owner)
        if kind is None:
            raise TemplateError(place, f"no parameter or resource {name}")
        if kind in CLOUD_ONLY_TYPES:
            return ""
        template = LOCAL_TYPES[kind].ref
        if attribute == "Alias" or qualifier == "Alias":
            template = LOCAL_TYPES[kind].attributes["Arn"]
        elif attribute is not None:
            if attribute not in LOCAL_TYPES[kind].attributes:
                raise TemplateError(place, f"{kind} has no attribute {attribute} here")
            template = LOCAL_TYPES[kind].attributes[attribute]
        return template.format(name=self.name(owner), endpoint=self._endpoint)

    def _type(self, name: str) -> str:
        block = self._blocks[name]
        place = Place(name, line=block.line)
        kind = str(block.get("Type"))
        if kind not in LOCAL_TYPES and kind not in CLOUD_ONLY_TYPES:
            raise TemplateError(place, f"resource type {kind} is not supported")
        for key in block:
            if key not in _LEFT_ALONE:
                raise TemplateError(place.of(key, block.lines[key]), "is not supported here")
        return kind

    def _exists(self, name: str) -> bool:
        block = self._blocks[name]
        place = Place(name, line=self._document["Resources"].lines[name])
        if not isinstance(block, Block):
            raise TemplateError(place, "is not a mapping")
        return "Condition" not in block or self.resolver.condition(block["Condition"], place)

    def _check_sections(self) -> None:
        for section, line in self._document.lines.items():
            if section not in _SECTIONS:
                raise TemplateError(Place(section, line=line), "this section is not supported")
        for section in self._document.get("Globals", {}):
            if section not in _GLOBALS:
                raise TemplateError(Place("Globals", section), "is not supported here")

    def _parameters(self, values: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        declared = self._document.get("Parameters", {})
        for name, block in declared.items():
            place = Place("Parameters", name, declared.lines[name])
            kind = str(block.get("Type"))
            value = values.get(name, None if "::SSM::" in kind else block.get("Default"))
            if value is None:
                raise TemplateError(place, "has no default and no value was given")
            if "AllowedValues" in block and value not in block["AllowedValues"]:
                raise TemplateError(place, f"{value!r} is not among its AllowedValues")
            found[name] = str(value).split(",") if "List" in kind else str(value)
        return found

    def _check_given(self) -> None:
        for key in self._given:
            kind = self._types.get(key.partition(".")[0], "")
            if kind not in CLOUD_ONLY_TYPES:
                raise TemplateError(Place(key), "a value for no parameter or cloud-only resource")


def _pseudo() -> dict[str, Any]:
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/hub/local",
        "AWS::StackName": "hub",
        "AWS::URLSuffix": "amazonaws.com",
    }


def _merged(common: Any, own: Any) -> Any:
    """SAM's rule: mappings merge, lists are joined, anything else of the resource wins."""
    if own is NO_VALUE or own is None:
        return common
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    if not isinstance(common, Block) or not isinstance(own, Block):
        return own
    merged = Block(own.line)
    for key, value in common.items():
        merged.put(key, value, common.lines[key])
    for key, value in own.items():
        merged.put(key, _merged(common.get(key), value), own.lines[key])
    return merged
