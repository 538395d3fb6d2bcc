"""Why the platform cannot start, and what to do about it."""


class StartError(Exception):
    """One line of what happened, one line of what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class PortTakenError(StartError):
    """Another program listens on the port; with another port the start may succeed."""
