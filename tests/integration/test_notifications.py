"""What happens is told once per event and channel, in its hour, whoever dies on the way."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from hub.application.notifications.send_notifications import KEPT
from hub.application.ports.notifications import Mail, PhoneText
from hub.domain.kernel import AccountId
from hub.domain.notifications.planning import LEASE, MOST_AN_HOUR, WAITS
from hub.domain.notifications.preferences import (
    DEFAULT,
    Channel,
    Preferences,
    QuietHours,
    Topic,
    When,
)
from tests.fixtures.worlds import Customer, World

PHONE = "+5511987654321"


class Killed(BaseException):
    """As when the function's process is gone."""


@pytest.fixture
def ada(world: World) -> Customer:
    world.quote("AAPL", "100", "100.02")
    return world.customer("100000")


def prefer(world: World, customer: Customer, **changes: object) -> None:
    wanted = DEFAULT._replace(**changes)  # type: ignore[arg-type]  # fields of it, by name
    world.hub.replace_notification_preferences(customer.customer_id, wanted)


def buy(world: World, customer: Customer, quantity: str = "1") -> str:
    order = world.submit(customer, "buy", quantity)
    assert world.process().failed == []
    return order.order_id


def notify(world: World, *customers: Customer) -> int:
    return world.hub.notify_customers([each.account_id for each in customers])


def mails(world: World) -> list[Mail]:
    return [each for each in world.letters.sent if isinstance(each, Mail)]


def subjects(world: World) -> list[str]:
    return [each.subject for each in mails(world)]


def states(world: World) -> list[tuple[str, int]]:
    return [
        (state, tries)
        for state, tries in world.sql("SELECT state, tries FROM notifications ORDER BY 1, 2")
    ]


def test_an_execution_is_one_mail_however_often_it_is_announced(world: World, ada: Customer):
    order_id = buy(world, ada, "2")
    assert [notify(world, ada, ada), notify(world, ada), world.hub.send_notifications()] == [
        1,
        0,
        0,
    ]

    (mail,) = mails(world)
    assert (mail.to, mail.subject) == ("customer1@example.com", "Bought 2 AAPL at $100.02")
    for told in (order_id, "$200.04", "Jun 1, 2012, 11:00 AM EDT"):
        assert told in mail.text
        assert told in mail.html
    assert states(world) == [("sent", 1)]


def test_each_is_told_of_their_own(world: World, ada: Customer):
    eve = world.customer("1000")
    buy(world, ada)
    notify(world, eve, ada, Customer(eve.customer_id, AccountId(world.ids.new())))
    assert [mail.to for mail in mails(world)] == ["customer1@example.com"]


def test_what_was_announced_in_vain_is_told_with_the_next(world: World, ada: Customer):
    buy(world, ada, "1")
    buy(world, ada, "2")
    assert notify(world, ada) == 2
    assert subjects(world) == ["Bought 1 AAPL at $100.02", "Bought 2 AAPL at $100.02"]


def test_who_dies_before_sending_loses_nothing(world: World, ada: Customer):
    buy(world, ada)
    dying = replace(world.hub.notify_customers, delivering=killed)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        dying([ada.account_id])
    assert world.letters.sent == []
    assert world.hub.send_notifications() == 1
    assert subjects(world) == ["Bought 1 AAPL at $100.02"]


def killed(*_: object) -> int:
    raise Killed


def test_who_dies_after_sending_sends_again_under_the_same_id_once_the_claim_is_over(
    world: World, ada: Customer
):
    buy(world, ada)
    dying = DyingAfterwards(world.hub.notifications)
    delivering = replace(world.hub.delivering, notifications=dying)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        replace(world.hub.notify_customers, delivering=delivering)([ada.account_id])
    assert world.hub.send_notifications() == 0, "it is claimed"
    world.clock.advance(LEASE.total_seconds())
    assert world.hub.send_notifications() == 1
    first, second = mails(world)
    assert first == second
    assert world.hub.send_notifications() == 0


class DyingAfterwards:
    def __init__(self, notifications: object) -> None:
        self._notifications = notifications

    def __getattr__(self, name: str) -> object:
        return killed if name == "sent" else getattr(self._notifications, name)


def test_two_who_send_at_once_do_not_send_the_same(world: World, ada: Customer):
    buy(world, ada)
    dying = replace(world.hub.notify_customers, delivering=killed)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        dying([ada.account_id])
    other = world.another_hub().notifications
    now = world.clock.now()
    (to,) = other.due(now, 10)
    # One has claimed and not committed; the other passes it by.
    held = "SELECT 1 FROM notifications FOR UPDATE"
    with world.hub.database.transaction([(held, {})]):
        assert other.claim(to, now, now + LEASE) == []
    assert len(other.claim(to, now, now + LEASE)) == 1
    assert world.hub.notifications.claim(to, now, now + LEASE) == []


def test_while_nobody_takes_mails_they_wait_longer_each_time_and_are_given_up(
    world: World, ada: Customer
):
    buy(world, ada)
    world.letters.up = False
    assert notify(world, ada) == 0
    for wait in WAITS[:-1]:
        assert world.hub.send_notifications() == 0
        world.clock.advance(wait.total_seconds())
    assert states(world) == [("waiting", len(WAITS) - 1)]
    for _ in range(3):
        world.clock.advance(WAITS[-1].total_seconds())
        world.hub.send_notifications()
    assert states(world) == [("failed", len(WAITS) + 1)]
    world.letters.up = True
    assert world.hub.send_notifications() == 0


def test_a_refused_address_keeps_nobody_else_waiting(world: World, ada: Customer):
    eve = world.customer("1000")
    world.letters.refused.add("customer1@example.com")
    buy(world, ada)
    buy(world, eve)
    assert notify(world, ada, eve) == 1
    assert [mail.to for mail in mails(world)] == ["customer2@example.com"]


def test_no_mailbox_is_filled(world: World, ada: Customer):
    most = MOST_AN_HOUR[Channel.EMAIL]
    world.sql(
        "INSERT INTO notifications SELECT gen_random_uuid(), n::text, 'email', %s, 'order_failed',"
        " 'OrderFailed', '{}', 'sent', %s, false, 1, %s, %s FROM generate_series(1, %s) n",
        *(ada.customer_id, *[world.clock.now()] * 3, most - 1),
    )
    for _ in range(4):
        buy(world, ada)
    assert notify(world, ada) == 1
    world.clock.advance(3599)
    assert world.hub.send_notifications() == 0
    world.clock.advance(1)
    assert world.hub.send_notifications() == 1
    assert subjects(world)[1:] == ["3 notifications from Hub"]


def test_in_quiet_hours_it_waits_and_comes_as_one(world: World, ada: Customer):
    # The world's clock says 12:00 UTC: 09:00 in São Paulo.
    quiet = QuietHours(time(8, 0), time(10, 30))
    prefer(world, ada, time_zone="America/Sao_Paulo", quiet_hours=quiet)
    buy(world, ada)
    buy(world, ada, "2")
    assert notify(world, ada) == 0
    world.clock.advance(90 * 60 - 1)
    assert world.hub.send_notifications() == 0
    world.clock.advance(1)
    assert [world.hub.send_notifications(), world.hub.send_notifications()] == [1, 0]
    (mail,) = mails(world)
    assert mail.subject == "2 notifications from Hub"
    assert mail.text.count("Bought") == 2


def test_what_is_wanted_daily_comes_once_a_day(world: World, ada: Customer):
    daily = {**DEFAULT.choices, Channel.EMAIL: dict.fromkeys(Topic, When.DAILY)}
    prefer(world, ada, time_zone="Europe/Lisbon", choices=daily, daily_at=time(18, 0))
    for quantity in ("1", "2", "3"):
        buy(world, ada, quantity)
        assert notify(world, ada) == 0
    world.clock.advance(6 * 3600)
    assert [world.hub.send_notifications(), world.hub.send_notifications()] == [1, 0]
    assert subjects(world) == ["3 notifications from Hub"]


def test_by_text_and_mail_where_both_are_wanted(world: World, ada: Customer):
    choices = {**DEFAULT.choices, Channel.SMS: dict.fromkeys(Topic, When.AT_ONCE)}
    prefer(world, ada, phone=PHONE, choices=choices)
    buy(world, ada)
    assert notify(world, ada) == 2
    text = next(each for each in world.letters.sent if isinstance(each, PhoneText))
    assert text[1:] == (PHONE, "Hub: Bought 1 AAPL at $100.02")
    assert states(world) == [("sent", 1)] * 2


def test_what_is_not_wanted_is_not_told(world: World, ada: Customer):
    choices = {Channel.EMAIL: dict.fromkeys(Topic, When.OFF)}
    prefer(world, ada, choices=choices)
    buy(world, ada)
    assert notify(world, ada) == 0
    prefer(world, ada)
    assert notify(world, ada) == 0, "it holds for what happens from then on"


def test_a_rejected_order_is_told_with_its_reason(world: World, ada: Customer):
    world.submit(ada, "buy", "900")
    world.quote("AAPL", "139.98", "140.00")
    world.process()
    notify(world, ada)
    (mail,) = mails(world)
    assert mail.subject == "Your order to buy 900 AAPL failed"
    assert "Reason: " in mail.text


def test_who_was_erased_is_told_nothing_more(world: World, ada: Customer):
    buy(world, ada)
    world.hub.people.erase(ada.customer_id, world.clock.now())
    assert notify(world, ada) == 0
    assert world.letters.sent == []
    assert states(world) == [("failed", 1)]


def test_what_was_told_is_forgotten_after_a_while(world: World, ada: Customer):
    buy(world, ada)
    notify(world, ada)
    world.clock.advance((KEPT + timedelta(seconds=1)).total_seconds())
    world.hub.send_notifications()
    assert states(world) == []


def test_preferences_are_kept_as_they_were_given(world: World, ada: Customer):
    wanted = Preferences(
        DEFAULT.language,
        "Europe/Lisbon",
        PHONE,
        {Channel.EMAIL: {Topic.ORDER_FAILED: When.DAILY}, Channel.SMS: {Topic.SECURITY: When.OFF}},
        QuietHours(time(22, 0), time(7, 30)),
        time(6, 15),
    )
    hub = world.hub
    assert hub.get_notification_preferences(ada.customer_id) == DEFAULT
    hub.replace_notification_preferences(ada.customer_id, wanted)
    assert hub.get_notification_preferences(ada.customer_id) == wanted
