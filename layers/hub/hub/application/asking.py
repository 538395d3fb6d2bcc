"""Who asks at present: the access token that came with the request, for parts that want one too."""

from contextvars import ContextVar

access_token: ContextVar[str] = ContextVar("access_token", default="")
