"""Secrets from Secrets Manager."""

from hub.adapters.aws.signed import AwsJson


def secret_text(secrets_manager: AwsJson, secret_id: str) -> str:
    answer = secrets_manager.call("GetSecretValue", {"SecretId": secret_id})
    text: str = answer["SecretString"]
    return text
