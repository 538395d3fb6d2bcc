"""What the template reader says when it cannot do as the template asks."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where in the template a value stands: resource, property path, line (0 = unknown)."""

    resource: str
    property: str = ""
    line: int = 0

    def of(self, name: str | int, line: int = 0) -> "Place":
        """The place of a value below this one."""
        path = f"{self.property}.{name}" if self.property else str(name)
        return Place(self.resource, path, line or self.line)


class TemplateError(Exception):
    """The template says something that cannot be run here; the message names the place."""

    def __init__(self, place: Place, problem: str) -> None:
        where = ".".join(part for part in (place.resource, place.property) if part)
        line = f" (line {place.line})" if place.line else ""
        super().__init__(f"{where}{line}: {problem}")
        self.place = place
        self.problem = problem
