"""Messages to the clients of the WebSocket API, by API Gateway's management calls."""

from http import HTTPStatus
from urllib.parse import quote

from hub.adapters.aws.signed import AwsHttp
from hub.domain.kernel import UnavailableError

_JSON = {"content-type": "application/json"}


class ApiGatewayPosts:
    def __init__(self, management: AwsHttp) -> None:
        self._management = management

    def post(self, connection_id: str, frame: str) -> bool:
        return self._call("POST", connection_id, frame.encode())

    def end(self, connection_id: str) -> None:
        self._call("DELETE", connection_id, b"")

    def _call(self, method: str, connection_id: str, payload: bytes) -> bool:
        """Whether the client is still there. Raises UnavailableError."""
        path = f"/%40connections/{quote(connection_id, safe='')}"
        status, _ = self._management.send(method, path, payload, _JSON)
        if status == HTTPStatus.GONE:
            return False
        if status >= HTTPStatus.BAD_REQUEST:
            raise UnavailableError(f"the connection's gateway answered {status}", code="aws")
        return True
