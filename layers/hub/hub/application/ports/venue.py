"""A venue that is not ours, spoken to over a network that may fail in every way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order
from hub.domain.orders.routing import Instruction, Standing, VenueFill


class Venue(Protocol):
    """Whatever raises UnavailableError may have happened, or not."""

    def submit(self, told: Instruction) -> Standing:
        """Once, however often it is told: an order that is there already is found.

        Raises VenueRefusedError, and UnavailableError.
        """

    def find(self, order_id: OrderId) -> Standing | None:
        """Raises UnavailableError."""

    def fills(self, standing: Standing) -> Sequence[VenueFill]:
        """All fills of an order that the venue tells of by now. Raises UnavailableError."""

    def cancel(self, standing: Standing) -> None:
        """Ask for it; how it ends is seen afterwards. Raises UnavailableError."""

    def working(self) -> Mapping[OrderId, Decimal]:
        """What is filled of each order that works there. Raises UnavailableError."""


class RoutedOrders(Protocol):
    """Orders of ours that a venue has, or is about to get."""

    def find(self, order_id: OrderId) -> Order | None:
        """Whoever's it is."""

    def open(self, after: tuple[datetime, OrderId] | None, limit: int) -> Sequence[Order]:
        """By the time at which they were routed; `after` is where the last page ended."""
