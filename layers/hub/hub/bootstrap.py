"""The only place where ports meet adapters: everything made when it is first needed, and kept.

Adapters are imported where they are made, so that a function pays for what it uses.
"""
# ruff: noqa: PLC0415  # that is the point of this module

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.settings import Settings, credentials_from_environment, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

    from hub.adapters.aws.signed import AwsJson, Credentials
    from hub.adapters.postgres.connection import Database
    from hub.application.accounts.deposit_cash import DepositCash
    from hub.application.accounts.get_balance import GetBalance
    from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary
    from hub.application.accounts.list_accounts import ListAccounts
    from hub.application.accounts.list_positions import ListPositions
    from hub.application.identity.get_me import GetMe
    from hub.application.identity.login import Login
    from hub.application.identity.register import Register
    from hub.application.market.get_market_data import GetMarketData
    from hub.application.market.list_instruments import ListInstruments
    from hub.application.operations.get_readiness import GetReadiness
    from hub.application.operations.sweep_outbox import SweepOutbox
    from hub.application.orders.announce_orders import AnnounceOrders
    from hub.application.orders.cancel_order import CancelOrder
    from hub.application.orders.execute_orders import ExecuteOrders
    from hub.application.orders.expire_orders import ExpireOrders
    from hub.application.orders.get_order import GetOrder
    from hub.application.orders.get_order_timeline import GetOrderTimeline
    from hub.application.orders.list_order_history import ListOrderHistory
    from hub.application.orders.price_orders import PriceOrders
    from hub.application.orders.process_submitted import ProcessSubmitted
    from hub.application.orders.release_queued_orders import ReleaseQueuedOrders
    from hub.application.orders.submit_order import SubmitOrder
    from hub.application.orders.watch_resting_orders import WatchRestingOrders
    from hub.application.ports import (
        Accounts,
        AccountsAtWork,
        Calendars,
        Clock,
        Customers,
        Ids,
        Instruments,
        MarketData,
        Orders,
        Outbox,
        Passwords,
        Publisher,
        Tokens,
    )
    from hub.application.relay import Relay


class Hub:
    """The use cases, wired for one process."""

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
        from hub.adapters.redis.market_data import connect

        return connect(self.settings.redis_url)

    def _aws(self, service: str, host: str, prefix: str) -> "AwsJson":
        from hub.adapters.aws.signed import AwsJson, Endpoint

        url = self.settings.endpoint(service, host)
        return AwsJson(
            Endpoint(service, self.settings.region, url, prefix),
            self._credentials,
            self.clock,
        )

    @cached_property
    def orders(self) -> "Orders":
        from hub.adapters.postgres.orders import PostgresOrders

        return PostgresOrders(self.database)

    @cached_property
    def accounts(self) -> "Accounts":
        from hub.adapters.postgres.accounts import PostgresAccounts

        return PostgresAccounts(self.database)

    @cached_property
    def accounts_at_work(self) -> "AccountsAtWork":
        from hub.adapters.postgres.books import PostgresAccountsAtWork

        return PostgresAccountsAtWork(self.database)

    @cached_property
    def customers(self) -> "Customers":
        from hub.adapters.postgres.customers import PostgresCustomers

        return PostgresCustomers(self.database)

    @cached_property
    def instruments(self) -> "Instruments":
        from hub.adapters.postgres.market import PostgresInstruments

        return PostgresInstruments(self.database)

    @cached_property
    def calendars(self) -> "Calendars":
        from hub.adapters.postgres.market import PostgresCalendars

        return PostgresCalendars(self.database)

    @cached_property
    def market_data(self) -> "MarketData":
        from hub.adapters.postgres.market import PostgresPrices
        from hub.adapters.redis.market_data import RedisMarketData

        return RedisMarketData(self.redis, PostgresPrices(self.database), self.clock)

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

    @cached_property
    def register(self) -> "Register":
        from hub.application.identity.register import Register

        return Register(self.customers, self.passwords, self.clock, self.ids)

    @cached_property
    def login(self) -> "Login":
        from hub.adapters.system import SystemSecrets
        from hub.application.identity.login import Login

        return Login(
            self.customers, self.passwords, self.tokens, self.clock, self.ids, SystemSecrets()
        )

    @cached_property
    def get_me(self) -> "GetMe":
        from hub.application.identity.get_me import GetMe

        return GetMe(self.customers)

    @cached_property
    def list_accounts(self) -> "ListAccounts":
        from hub.application.accounts.list_accounts import ListAccounts

        return ListAccounts(self.accounts)

    @cached_property
    def deposit_cash(self) -> "DepositCash":
        from hub.application.accounts.deposit_cash import DepositCash

        return DepositCash(self.accounts_at_work, self.accounts, self.clock, self.ids, self.relay)

    @cached_property
    def get_balance(self) -> "GetBalance":
        from hub.application.accounts.get_balance import GetBalance

        return GetBalance(self.accounts)

    @cached_property
    def list_positions(self) -> "ListPositions":
        from hub.application.accounts.list_positions import ListPositions

        return ListPositions(self.accounts, self.market_data, self.clock)

    @cached_property
    def get_portfolio_summary(self) -> "GetPortfolioSummary":
        from hub.application.accounts.get_portfolio_summary import GetPortfolioSummary

        return GetPortfolioSummary(self.accounts, self.market_data, self.clock)

    @cached_property
    def list_instruments(self) -> "ListInstruments":
        from hub.application.market.list_instruments import ListInstruments

        return ListInstruments(self.instruments)

    @cached_property
    def get_market_data(self) -> "GetMarketData":
        from hub.application.market.get_market_data import GetMarketData

        return GetMarketData(self.instruments, self.market_data, self.clock)

    @cached_property
    def submit_order(self) -> "SubmitOrder":
        from hub.application.orders.submit_order import SubmitOrder
        from hub.domain.orders.entry_rules import EntryLimits

        return SubmitOrder(
            self.orders,
            self.accounts,
            self.instruments,
            self.market_data,
            self.calendars,
            self.clock,
            self.ids,
            self.relay,
            EntryLimits(self.settings.collar, self.settings.tolerance),
        )

    @cached_property
    def cancel_order(self) -> "CancelOrder":
        from hub.application.orders.cancel_order import CancelOrder

        return CancelOrder(self.orders, self.market_data, self.clock, self.ids, self.relay)

    @cached_property
    def get_order(self) -> "GetOrder":
        from hub.application.orders.get_order import GetOrder

        return GetOrder(self.orders)

    @cached_property
    def get_order_timeline(self) -> "GetOrderTimeline":
        from hub.application.orders.get_order_timeline import GetOrderTimeline

        return GetOrderTimeline(self.orders)

    @cached_property
    def list_order_history(self) -> "ListOrderHistory":
        from hub.application.orders.list_order_history import ListOrderHistory

        return ListOrderHistory(self.orders, self.accounts)

    @cached_property
    def price_orders(self) -> "PriceOrders":
        from hub.application.orders.price_orders import PriceOrders

        return PriceOrders(self.market_data)

    @cached_property
    def execute_orders(self) -> "ExecuteOrders":
        from hub.application.orders.execute_orders import ExecuteOrders

        return ExecuteOrders(self.accounts_at_work, self.calendars, self.clock, self.ids)

    @cached_property
    def announce_orders(self) -> "AnnounceOrders":
        from hub.application.orders.announce_orders import AnnounceOrders

        return AnnounceOrders(self.relay)

    @cached_property
    def process_submitted(self) -> "ProcessSubmitted":
        from hub.adapters.aws.workflow import StepFunctionsWorkflow
        from hub.application.orders.process_submitted import ProcessSubmitted

        states = self._aws("states", "sync-states", "AWSStepFunctions")
        return ProcessSubmitted(StepFunctionsWorkflow(states, self.settings.process_order_arn))

    @cached_property
    def release_queued_orders(self) -> "ReleaseQueuedOrders":
        from hub.application.orders.release_queued_orders import ReleaseQueuedOrders

        return ReleaseQueuedOrders(
            self.orders, self.market_data, self.calendars, self.clock, self.ids, self.publisher
        )

    @cached_property
    def watch_resting_orders(self) -> "WatchRestingOrders":
        from hub.application.orders.watch_resting_orders import WatchRestingOrders

        return WatchRestingOrders(self.orders, self.publisher, self.clock, self.ids)

    @cached_property
    def expire_orders(self) -> "ExpireOrders":
        from hub.application.orders.expire_orders import ExpireOrders

        return ExpireOrders(
            self.orders,
            self.market_data,
            self.accounts_at_work,
            self.calendars,
            self.clock,
            self.ids,
            self.relay,
        )

    @cached_property
    def sweep_outbox(self) -> "SweepOutbox":
        from hub.application.operations.sweep_outbox import SweepOutbox

        return SweepOutbox(self.relay, self.outbox, self.clock)

    def migrate(self) -> str:
        """Bring the database to the newest revision, as its owner, and say which that is."""
        from hub.adapters.aws.secrets import secret_text
        from hub.adapters.postgres.migrations.upgrade import upgrade

        password = None
        if self.settings.migration_secret:
            vault = self._aws("secretsmanager", "secretsmanager", "secretsmanager")
            password = json.loads(secret_text(vault, self.settings.migration_secret))["password"]
        return upgrade(self.settings.migration_database_url, password=password)

    @cached_property
    def get_readiness(self) -> "GetReadiness":
        from hub.adapters.health import DependencyHealth
        from hub.application.operations.get_readiness import GetReadiness

        return GetReadiness(DependencyHealth(self.database, self.redis))


@cache
def hub() -> Hub:
    """The process's own. Raises SettingsError."""
    return Hub(read_settings())
