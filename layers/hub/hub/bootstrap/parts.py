"""The adapters behind the ports, each made when it is first needed, and kept."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.settings import Settings, credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from redis import Redis

    from hub.adapters.aws.kms import Kms
    from hub.adapters.aws.objects import S3Objects
    from hub.adapters.aws.signed import AwsHttp, AwsJson, Credentials
    from hub.adapters.caching.aside import Aside
    from hub.adapters.caching.quotes import CachedQuotes
    from hub.adapters.postgres.connection import Database
    from hub.adapters.postgres.market import PostgresPrices
    from hub.adapters.redis.link import RedisLink
    from hub.adapters.stream.quotes import StreamQuotes
    from hub.adapters.vault import Shelf, ShelvedKeys
    from hub.application.admin import AdminRecord
    from hub.application.ports.accounts import Accounts, Fees
    from hub.application.ports.cache import Cache
    from hub.application.ports.identity import (
        ApiKeys,
        Attempts,
        Customers,
        NoticeRequests,
        Passwords,
        Sessions,
        Tokens,
    )
    from hub.application.ports.market import Calendars, Instruments, MarketData
    from hub.application.ports.marks import Marks
    from hub.application.ports.messages import Outbox, Publisher
    from hub.application.ports.objects import Objects
    from hub.application.ports.orders import AccountsAtWork, Orders
    from hub.application.ports.portfolios import Portfolios
    from hub.application.ports.system import Clock, Ids, Limits, Secrets
    from hub.application.ports.vault import Vault
    from hub.application.ports.watchlists import Watchlists
    from hub.application.relay import Relay
    from hub.domain.market.quote import Quote


class Parts:
    """What use cases are made of, for one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def clock(self) -> "Clock":
        from hub.adapters.system import SystemClock

        return SystemClock()

    @cached_property
    def ids(self) -> "Ids":
        from hub.adapters.system import UuidV7Ids

        return UuidV7Ids()

    @cached_property
    def secrets(self) -> "Secrets":
        from hub.adapters.system import SystemSecrets

        return SystemSecrets()

    @cached_property
    def database(self) -> "Database":
        from hub.adapters.postgres.connection import Database, DatabaseAddress

        settings = self.settings
        password = self._database_password if settings.database_iam else None
        return Database(
            DatabaseAddress(settings.database_url, password, prepare=not settings.database_proxy)
        )

    def _database_password(self) -> str:
        from hub.adapters.aws.signed import DatabaseLogin, database_password

        url = urlsplit(self.settings.database_url)
        login = DatabaseLogin(
            url.hostname or "", url.port or 5432, url.username or "", self.settings.region
        )
        credentials = self._credentials()
        return database_password(login, credentials, self.clock.now())

    @cached_property
    def _credentials(self) -> "Callable[[], Credentials]":
        from hub.adapters.aws.credentials import ContainerCredentials
        from hub.adapters.aws.signed import Credentials

        if self.settings.container_credentials:
            return ContainerCredentials(self.settings.container_credentials, self.clock)
        return lambda: Credentials(*credentials_from_environment())

    def redis(self) -> "Redis":
        from hub.adapters.redis.link import connect

        return connect(self.settings.redis_url)

    @cached_property
    def redis_link(self) -> "RedisLink":
        from hub.adapters.redis.link import RedisLink

        return RedisLink(self.redis)

    @cached_property
    def cache(self) -> "Cache":
        from hub.adapters.redis.cache import RedisCache

        return RedisCache(self.redis_link, self.clock)

    @cached_property
    def aside(self) -> "Aside":
        from hub.adapters.caching.aside import Aside
        from hub.adapters.metrics import EmfMeter

        return Aside(self.cache, self.clock, EmfMeter(self.clock))

    def _aws(self, service: str, host: str, prefix: str) -> "AwsJson":
        from hub.adapters.aws.signed import AwsJson, Endpoint

        url = self.settings.endpoint(service, host)
        return AwsJson(
            Endpoint(service, self.settings.region, url, prefix),
            self._credentials,
            self.clock,
        )

    def _aws_http(self, service: str, host: str) -> "AwsHttp":
        from hub.adapters.aws.signed import AwsHttp, Endpoint

        url = self.settings.endpoint(service, host)
        endpoint = Endpoint(service, self.settings.region, url, prefix="")
        return AwsHttp(endpoint, self._credentials, self.clock)

    def _connections_api(self) -> "AwsHttp":
        from hub.adapters.aws.signed import AwsHttp, Endpoint

        endpoint = Endpoint(
            "execute-api", self.settings.region, self.settings.connections_url, prefix=""
        )
        return AwsHttp(endpoint, self._credentials, self.clock)

    @cached_property
    def objects(self) -> "Objects":
        return self._bucket(self.settings.records_bucket)

    def _bucket(self, name: str) -> "S3Objects":
        from hub.adapters.aws.objects import S3Objects
        from hub.adapters.aws.signed import Endpoint

        url = self.settings.endpoint("s3", "s3")
        endpoint = Endpoint("s3", self.settings.region, url, "")
        return S3Objects(endpoint, name, self._credentials, self.clock)

    @cached_property
    def kms(self) -> "Kms":
        return self._aws("kms", "kms", "TrentService")

    @cached_property
    def key_shelf(self) -> "Shelf":
        return self._bucket(self.settings.keys_bucket)

    @cached_property
    def _key_ring(self) -> "ShelvedKeys":
        from hub.adapters.aws.kms import KmsMasters
        from hub.adapters.vault import ShelvedKeys

        masters = KmsMasters(self.kms, self.settings.personal_key)
        return ShelvedKeys(masters, self.key_shelf, self.clock)

    @property
    def vault(self) -> "Vault":
        return self._key_ring

    @cached_property
    def orders(self) -> "Orders":
        from hub.adapters.postgres.orders import PostgresOrders

        return PostgresOrders(self.database)

    @cached_property
    def accounts(self) -> "Accounts":
        from hub.adapters.postgres.accounts import PostgresAccounts

        return PostgresAccounts(self.database)

    @cached_property
    def portfolios(self) -> "Portfolios":
        from hub.adapters.postgres.portfolios import PostgresPortfolios

        return PostgresPortfolios(self.database)

    @cached_property
    def marks(self) -> "Marks":
        from hub.adapters.postgres.marks import PostgresMarks

        return PostgresMarks(self.database)

    @cached_property
    def watchlists(self) -> "Watchlists":
        from hub.adapters.postgres.watchlists import PostgresWatchlists

        return PostgresWatchlists(self.database)

    @cached_property
    def accounts_at_work(self) -> "AccountsAtWork":
        from hub.adapters.postgres.books import PostgresAccountsAtWork

        return PostgresAccountsAtWork(self.database)

    @cached_property
    def customers(self) -> "Customers":
        from hub.adapters.postgres.customers import PostgresCustomers

        return PostgresCustomers(self.database, self.vault)

    @cached_property
    def sessions(self) -> "Sessions":
        from hub.adapters.postgres.sessions import PostgresSessions

        return PostgresSessions(self.database)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from hub.adapters.postgres.api_keys import PostgresApiKeys

        return PostgresApiKeys(self.database)

    @cached_property
    def notice_requests(self) -> "NoticeRequests":
        from hub.adapters.aws.notice_requests import SqsNoticeRequests

        sqs = self._aws("sqs", "sqs", "AmazonSQS")
        return SqsNoticeRequests(sqs, self.settings.notices_queue_url)

    @cached_property
    def limits(self) -> "Limits":
        from hub.adapters.redis.limits import RedisLimits

        return RedisLimits(
            self.redis,
            per_customer=self.settings.customer_rate,
            per_address=self.settings.address_rate,
        )

    @cached_property
    def attempts(self) -> "Attempts":
        from hub.adapters.postgres.attempts import PostgresAttempts
        from hub.adapters.redis.attempts import RedisAttempts

        return RedisAttempts(self.redis, PostgresAttempts(self.database))

    @cached_property
    def instruments(self) -> "Instruments":
        from hub.adapters.postgres.market import PostgresInstruments

        return PostgresInstruments(self.database)

    @cached_property
    def fees(self) -> "Fees":
        from hub.adapters.postgres.fees import PostgresFees

        return PostgresFees(self.database)

    @cached_property
    def calendars(self) -> "Calendars":
        from hub.adapters.postgres.market import PostgresCalendars

        return PostgresCalendars(self.database)

    @cached_property
    def admin_record(self) -> "AdminRecord":
        from hub.adapters.postgres.admin_actions import PostgresAdminActions
        from hub.application.admin import AdminRecord

        return AdminRecord(PostgresAdminActions(self.database), self.clock, self.ids)

    @cached_property
    def prices(self) -> "PostgresPrices":
        from hub.adapters.postgres.market import PostgresPrices

        return PostgresPrices(self.database)

    @cached_property
    def market_data(self) -> "MarketData":
        from hub.adapters.redis.market_data import RedisMarketData

        return RedisMarketData(self.redis_link, self.prices, self.clock, self._quotes_elsewhere)

    def _quotes_elsewhere(
        self, symbols: "Sequence[str]", moment: "datetime"
    ) -> "Mapping[str, Quote]":
        return self.other_quotes.at(symbols, moment)

    @cached_property
    def other_quotes(self) -> "CachedQuotes":
        from hub.adapters.caching.quotes import CachedQuotes, QuotesInTurn

        sources = (self.stream_quotes.at, self.prices.last_closes)
        return CachedQuotes(QuotesInTurn(sources).at, self.aside)

    @cached_property
    def stream_quotes(self) -> "StreamQuotes":
        from hub.adapters.stream.quotes import StreamQuotes
        from hub.entrypoints.http import access_token

        return StreamQuotes(self.settings.stream_url, access_token.get)

    @cached_property
    def outbox(self) -> "Outbox":
        from hub.adapters.postgres.outbox import PostgresOutbox

        return PostgresOutbox(self.database)

    @cached_property
    def publisher(self) -> "Publisher":
        from hub.adapters.aws.publisher import AwsPublisher
        from hub.application.books import Destination

        return AwsPublisher(
            self._aws("sqs", "sqs", "AmazonSQS"),
            self._aws("events", "events", "AWSEvents"),
            {
                Destination.ORDERS_SUBMITTED: self.settings.orders_queue_url,
                Destination.ORDERS_TRIGGERED: self.settings.triggered_queue_url,
                Destination.ORDERS_ROUTED: self.settings.routed_queue_url,
            },
            self.settings.event_bus,
        )

    @cached_property
    def relay(self) -> "Relay":
        from hub.application.relay import Relay

        return Relay(self.publisher, self.outbox)

    @cached_property
    def passwords(self) -> "Passwords":
        from hub.adapters.passwords import Argon2Passwords

        return Argon2Passwords()

    @cached_property
    def tokens(self) -> "Tokens":
        from hub.adapters.aws.secrets import secret_text
        from hub.adapters.tokens import RsaTokens, signing_key_from

        vault = self._aws("secretsmanager", "secretsmanager", "secretsmanager")
        return RsaTokens(
            self.settings.verifying_keys,
            lambda: signing_key_from(secret_text(vault, self.settings.signing_key_secret)),
        )
