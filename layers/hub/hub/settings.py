"""The only reader of the environment: what a function is told about where it runs."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple


class SettingsError(Exception):
    """A variable of the environment is missing or wrong; the message names it."""


class Settings(NamedTuple):
    """`verifying_keys` are PEM public keys of access tokens, by kid.

    `venue_name` is who fills orders: `paper`, which is ourselves, or `alpaca`. `venue` is what
    differs from the paper venue's profile, by the names of `VenueProfile`; `preset` names another
    profile to begin with. `customer_rate` and `address_rate` are requests a minute, 0 any number.
    `queue_urls` are by purpose. `endpoints` are the URLs of AWS services that are not where AWS has
    them. Mails and texts go to files in `mail_folder` where it is named, else out as from
    `mail_sender` and `text_sender`.
    """

    database_url: str
    database_iam: bool
    database_proxy: bool
    redis_url: str
    stream_url: str
    region: str
    endpoints: Mapping[str, str]
    orders_queue_url: str
    triggered_queue_url: str
    notices_queue_url: str
    event_bus: str
    process_order_arn: str
    recover_order_arn: str
    signing_key_secret: str
    migration_database_url: str
    migration_secret: str
    container_credentials: str
    verifying_keys: Mapping[str, str]
    collar: Decimal
    tolerance: Decimal
    customer_rate: int
    address_rate: int
    venue: Mapping[str, str] = {}
    queue_urls: Mapping[str, str] = {}
    connections_url: str = ""
    allowed_origin: str = ""
    settle_trades_arn: str = ""
    records_bucket: str = ""
    mail_folder: str = ""
    mail_sender: str = ""
    text_sender: str = ""
    personal_key: str = ""
    index_key: str = ""
    keys_bucket: str = ""
    routed_queue_url: str = ""
    venue_name: str = "paper"
    venue_url: str = ""
    venue_secret: str = ""

    def endpoint(self, service: str, host: str) -> str:
        return self.endpoints.get(service, f"https://{host}.{self.region}.amazonaws.com")


_VENUES = ("paper", "alpaca")
_ALPACA_PAPER = "https://paper-api.alpaca.markets"

_SERVICES = {
    "sqs": "AWS_ENDPOINT_URL_SQS",
    "monitoring": "AWS_ENDPOINT_URL_CLOUDWATCH",
    "events": "AWS_ENDPOINT_URL_EVENTS",
    "states": "AWS_ENDPOINT_URL_SFN",
    "kms": "AWS_ENDPOINT_URL_KMS",
    "s3": "AWS_ENDPOINT_URL_S3",
    "ses": "AWS_ENDPOINT_URL_SESV2",
    "sns": "AWS_ENDPOINT_URL_SNS",
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Raises SettingsError. What a function does not use may be empty."""
    given = os.environ if environment is None else environment
    everywhere = given.get("AWS_ENDPOINT_URL", "")
    endpoints = {
        service: given.get(variable) or everywhere for service, variable in _SERVICES.items()
    }
    return Settings(
        database_url=given.get("DATABASE_URL", ""),
        database_iam=given.get("DATABASE_IAM") == "true",
        database_proxy=given.get("DATABASE_PROXY") == "true",
        redis_url=given.get("REDIS_URL", ""),
        stream_url=given.get("STREAM_URL", ""),
        region=given.get("AWS_REGION", "us-east-1"),
        endpoints={service: url for service, url in endpoints.items() if url},
        orders_queue_url=given.get("ORDERS_QUEUE_URL", ""),
        routed_queue_url=given.get("ROUTED_QUEUE_URL", ""),
        triggered_queue_url=given.get("TRIGGERED_QUEUE_URL", ""),
        notices_queue_url=given.get("NOTICES_QUEUE_URL", ""),
        mail_folder=given.get("MAIL_FOLDER", ""),
        mail_sender=given.get("MAIL_SENDER", ""),
        text_sender=given.get("TEXT_SENDER", ""),
        event_bus=given.get("EVENT_BUS", ""),
        connections_url=given.get("CONNECTIONS_URL", ""),
        allowed_origin=given.get("ALLOWED_ORIGIN", ""),
        process_order_arn=given.get("PROCESS_ORDER_ARN", ""),
        records_bucket=given.get("RECORDS_BUCKET", ""),
        personal_key=given.get("PERSONAL_KEY", ""),
        index_key=given.get("INDEX_KEY", ""),
        keys_bucket=given.get("KEYS_BUCKET", ""),
        settle_trades_arn=given.get("SETTLE_TRADES_ARN", ""),
        recover_order_arn=given.get("RECOVER_ORDER_ARN", ""),
        container_credentials=given.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ""),
        migration_database_url=given.get("MIGRATION_DATABASE_URL", ""),
        migration_secret=given.get("MIGRATION_SECRET", ""),
        signing_key_secret=given.get("SIGNING_KEY_SECRET", ""),
        verifying_keys=_texts(given.get("TOKEN_VERIFYING_KEYS") or "{}", "TOKEN_VERIFYING_KEYS"),
        collar=_decimal(given, "ORDER_COLLAR", "0.04"),
        tolerance=_decimal(given, "PRICE_TOLERANCE", "0.50"),
        venue_name=_one_of(given.get("VENUE") or "paper", _VENUES, "VENUE"),
        venue_url=given.get("VENUE_URL") or _ALPACA_PAPER,
        venue_secret=given.get("VENUE_SECRET", ""),
        venue=_texts(given.get("VENUE_PROFILE") or "{}", "VENUE_PROFILE"),
        queue_urls=_texts(given.get("QUEUE_URLS") or "{}", "QUEUE_URLS"),
        customer_rate=_whole(given, "CUSTOMER_RATE"),
        address_rate=_whole(given, "ADDRESS_RATE"),
    )


def credentials_from_environment() -> tuple[str, str, str | None]:
    """Access key, secret key and session token, as Lambda sets (and may renew) them."""
    return (
        os.environ.get("AWS_ACCESS_KEY_ID", ""),
        os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        os.environ.get("AWS_SESSION_TOKEN"),
    )


def _texts(text: str, name: str) -> Mapping[str, str]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name} is not JSON") from error
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise SettingsError(f"{name} is not a JSON object of texts")
    return values


def _one_of(word: str, words: tuple[str, ...], name: str) -> str:
    if word not in words:
        raise SettingsError(f"{name} is none of {', '.join(words)}")
    return word


def _whole(given: Mapping[str, str], name: str) -> int:
    text = given.get(name) or "0"
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(f"{name} is not a whole number")
    return int(text)


def _decimal(given: Mapping[str, str], name: str, default: str) -> Decimal:
    try:
        value = Decimal(given.get(name) or default)
    except InvalidOperation as error:
        raise SettingsError(f"{name} is not a number") from error
    if not 0 <= value < 1:
        raise SettingsError(f"{name} is a share from 0 to 1")
    return value
