"""A small HTTP client of the platform's own API, for the demo and the first customer."""

import json
import urllib.error
import urllib.request
from typing import Any


class ApiRefusedError(Exception):
    """The API answered with a problem."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


class Client:
    """`token` is sent once it is set."""

    def __init__(self, base: str) -> None:
        self._base = base + "/api/v1"
        self.token = ""

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
        return self._ask("POST", path, body, {"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("PATCH", path, body, {})

    def put(self, path: str) -> dict[str, Any]:
        return self._ask("PUT", path, None, {})

    def log_in(self, email: str, password: str) -> None:
        answer = self.post("/auth/login", {"email": email, "password": password})
        self.token = answer["access_token"]

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        if self.token:
            headers = {**headers, "Authorization": f"Bearer {self.token}"}
        data = json.dumps(body).encode() if body is not None else None
        if data is not None:
            headers = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310  # the base is our own loopback address
            self._base + path, data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # see above
                parsed: dict[str, Any] = json.loads(answer.read())
                return parsed
        except urllib.error.HTTPError as error:
            raise ApiRefusedError(error.code, json.loads(error.read())) from error
