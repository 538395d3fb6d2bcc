"""The order of waiting messages: groups take turns, within a group first come, first served."""

from collections import deque

from local.queues.message import Message


class FairLine:
    """A group with a thousand messages delays another group's one message by one turn only.

    A message that has left its place (deleted, purged, expired) is skipped when its turn comes.
    """

    def __init__(self) -> None:
        self._groups: dict[str | None, deque[Message]] = {}
        self._turns: deque[str | None] = deque()

    def append(self, message: Message) -> None:
        group = message.draft.group
        line = self._groups.get(group)
        if line is None:
            line = self._groups[group] = deque()
            self._turns.append(group)
        line.append(message)

    def pop(self) -> Message | None:
        while self._turns:
            group = self._turns.popleft()
            line = self._groups[group]
            message = line.popleft()
            if line:
                self._turns.append(group)
            else:
                del self._groups[group]
            if message.place == "visible":
                return message
        return None
