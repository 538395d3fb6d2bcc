"""How a function fails, in the words of Lambda."""


class FunctionError(Exception):
    """The function raised, timed out, could not start or ended.

    `error_type` is the exception's class name or a `Runtime.*`/`Sandbox.*` name: what state
    machines match in Retry and Catch.
    """

    def __init__(self, error_type: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.stack = stack or []


class UnknownFunctionError(LookupError):
    """No function of this name, ARN or logical id in the template."""
