"""Where customers are told things: a file, until a channel to their mailbox is chosen."""

import json
import logging
import os
from pathlib import Path

from hub.application.ports.system import Clock
from hub.domain.identity.one_time_tokens import Notice
from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)


class FileNotices:
    """A JSON line per notice, in a file that its owner alone may read."""

    def __init__(self, file: str, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def send(self, notice: Notice) -> None:
        if not self._file:
            logger.warning("a notice was not sent: there is no channel")
            return
        line = json.dumps({"at": self._clock.now().isoformat(), **notice._asdict()}) + "\n"
        try:
            descriptor = os.open(Path(self._file), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(line)
        except OSError as error:
            raise UnavailableError("the notice could not be written", code="notices") from error
