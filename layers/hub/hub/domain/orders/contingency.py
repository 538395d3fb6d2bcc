"""Orders that belong together: bracket, one-triggers-other, one-cancels-other.

A group is an entry with exits that it brings to life, or two exits alone (oco). Exits of a group
are for the same shares, so what one of them does, the other has to follow. The rules, all here:

- The exits of an entry are `held` until the entry has ended. If it was filled, in whole or in part,
  they come to life for what was filled; if not, they are canceled.
- A part of one exit filled takes as much off the other; all of it filled cancels the other.
- An exit that ends in any other way (canceled, expired, rejected) takes the other with it.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.orders.order import Leg, Order, State


class Follows(StrEnum):
    ACTIVATE = "activate"
    RESIZE = "resize"
    CANCEL = "cancel"


class Consequence(NamedTuple):
    """What another order of the group has to do; `quantity` of one that lives on."""

    kind: Follows
    order: Order
    quantity: Decimal = Decimal(0)


def consequences(order: Order, group: Iterable[Order]) -> list[Consequence]:
    """What follows from `order` having become what it is now, for the others of its group that are
    open, as they are now. Nothing, once it was done. `group` has those that have ended, too."""
    if order.group_id is None:
        return []
    others = [
        each
        for each in group
        if each.order_id != order.order_id and each.group_id == order.group_id
    ]
    if order.leg is Leg.ENTRY:
        return _of_entry(order, others)
    others = [each for each in others if each.is_open]
    return _of_exit(order, [each for each in others if each.is_exit])


def _of_entry(entry: Order, others: list[Order]) -> list[Consequence]:
    held = [each for each in others if each.state is State.HELD]
    if not entry.is_terminal or entry.state is State.REPLACED:
        return []
    # What the entry was replaced by goes on from what had been filled before.
    earlier = (each.filled_quantity for each in others if each.leg is Leg.ENTRY)
    filled = sum(earlier, entry.filled_quantity)
    if not filled:
        return [Consequence(Follows.CANCEL, each) for each in held]
    return [Consequence(Follows.ACTIVATE, each, filled) for each in held]


def _of_exit(exit_: Order, others: list[Order]) -> list[Consequence]:
    if exit_.state is State.REPLACED:
        return []
    if exit_.is_terminal:
        return [Consequence(Follows.CANCEL, each) for each in others]
    return [
        Consequence(Follows.RESIZE, each, each.filled_quantity + exit_.open_quantity)
        for each in others
        if each.open_quantity != exit_.open_quantity
    ]
