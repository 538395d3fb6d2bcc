"""A twin of Secrets Manager that knows the secrets it was given, and only reads."""

from collections.abc import Mapping
from typing import Any

from local.awsapi import ApiError
from local.template.catalogue import ACCOUNT, REGION

_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"


class Secrets:
    """Secrets by name; an ARN finds them, too."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action != "GetSecretValue":
            raise ApiError("UnknownOperationException", f"{action} is not supported here")
        name = str(body.get("SecretId", "")).removeprefix(_ARN)
        if name not in self._secrets:
            text = "Secrets Manager can't find the specified secret."
            raise ApiError("ResourceNotFoundException", text)
        return {
            "ARN": f"{_ARN}{name}",
            "Name": name,
            "SecretString": self._secrets[name],
            "VersionId": "local",
            "VersionStages": ["AWSCURRENT"],
        }
