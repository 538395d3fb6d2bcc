"""What is personal is sealed in every table, under a key that goes with the person."""

from base64 import b32decode
from datetime import timedelta
from typing import Any

import pytest

from hub.adapters.aws.signed import AwsError
from hub.adapters.postgres.tables import metadata
from hub.application.identity import tend_keys
from hub.application.ports.vault import BrokenSealError
from hub.domain.identity.second_factor import code_at, step_of
from hub.domain.kernel import CustomerId, UnauthenticatedError, UnavailableError
from local.kms import rotated
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

EMAIL, NAME, PASSWORD = "canary.bird@example.com", "Canary Bird", "four words make one"
PHONE = "+5511912345678"
ADDRESS, AGENT, NEW_PASSWORD = "127.0.0.1", "a canary of a browser", "five other words make two"


class KnownTokens:
    """Access tokens that name their session."""

    life = timedelta(minutes=10)

    def issue(self, _customer_id: str, session_id: str, *_given: object) -> str:
        return session_id


@pytest.fixture
def front(front: Front) -> Front:
    front.world.hub.tokens = KnownTokens()  # type: ignore[assignment]  # all that is asked of it
    return front


def log_in(front: Front, password: str = PASSWORD, **more: Any) -> Answer:
    body = {"email": EMAIL, "password": password, **more}
    return front.call("identity.login", body=body, headers={"User-Agent": AGENT})


@pytest.fixture
def ada(front: Front) -> Customer:
    body = {"email": EMAIL, "password": PASSWORD, "name": NAME}
    made = front.call("identity.register", body=body).body
    session_id = log_in(front).body["access_token"]
    return Customer(made["user_id"], made["account_id"], session_id)


def code(front: Front, secret: bytes) -> str:
    front.world.clock.advance(30)
    return code_at(secret, step_of(front.world.clock.now()))


def mailed(front: Front) -> str:
    """The token of the notice that was asked for last."""
    purpose, index = front.world.mail.asked[-1]
    front.world.hub.send_notice(purpose, index)
    return front.world.mail.notices[-1].text.split(": ")[1].split()[0]


def dump(front: Front) -> str:
    """Every row of every table, as text."""
    queries = [f"SELECT t::text FROM {table} t" for table in metadata.tables]
    return "\n".join(text for query in queries for (text,) in front.world.sql(query))


def test_a_dump_of_all_tables_tells_of_nobody(front: Front, ada: Customer):
    enrolled = front.call("identity.begin_totp", ada).body["secret"]
    secret = b32decode(enrolled)
    confirmed = front.call("identity.confirm_totp", ada, body={"code": code(front, secret)})
    recovery = confirmed.body["recovery_codes"]
    verifying = mailed(front)
    assert front.call("identity.verify_email", body={"token": verifying}).body == {"email": EMAIL}
    front.call("identity.request_password_reset", body={"email": EMAIL})
    resetting = mailed(front)
    body = {"token": resetting, "new_password": NEW_PASSWORD}
    assert front.call("identity.reset_password", body=body).status == 200
    assert log_in(front, NEW_PASSWORD).status == 401
    again = log_in(front, NEW_PASSWORD, code=code(front, secret))
    assert again.status == 200
    wishes = {"time_zone": "America/Sao_Paulo", "phone": PHONE}
    ada = front.world.at_the_door(ada.customer_id, ada.account_id)
    told = front.call("notifications.replace_notification_preferences", ada, body=wishes)
    assert told.status == 200
    shown = front.call("notifications.get_notification_preferences", ada)
    assert shown.body["phone"] == PHONE
    canaries = [
        EMAIL, PHONE, "canary", "Canary", ADDRESS, AGENT, enrolled, verifying, resetting,
        again.body["refresh_token"], *recovery,
    ]  # fmt: skip

    dumped = dump(front)

    assert ada.customer_id in dumped
    hidden = [each.encode().hex() for each in canaries] + [secret.hex()]
    assert [each for each in canaries + hidden if each in dumped] == []
    elsewhere = f"{front.world.key_shelf.files}{front.world.sent.messages}{front.world.mail.asked}"
    assert [each for each in canaries if each in elsewhere] == []


def test_what_is_moved_to_another_row_or_column_does_not_open(front: Front, ada: Customer):
    world, moves = front.world, front.world.sql
    eve = world.customer()
    moves("UPDATE users SET name = email WHERE user_id = %s", ada.customer_id)
    moves(
        "UPDATE users SET email = (SELECT email FROM users WHERE user_id = %s) WHERE user_id = %s",
        ada.customer_id,
        eve.customer_id,
    )
    moves("UPDATE login_sessions SET address = agent WHERE user_id = %s", ada.customer_id)
    for reading in (
        lambda: world.hub.get_me(CustomerId(ada.customer_id)),
        lambda: world.hub.customers.email_of(eve.customer_id),
        lambda: world.hub.list_sessions(CustomerId(ada.customer_id)),
    ):
        with pytest.raises(BrokenSealError):
            reading()


def test_whoever_has_an_address_and_whoever_has_none_cost_the_keys_the_same(
    front: Front, ada: Customer
):
    """Otherwise the time of an answer would tell."""
    world = front.world
    asked = []
    for email in (EMAIL, "nobody@example.com"):
        world.kms.asked.clear()
        front.call("identity.login", body={"email": email, "password": "not this one"})
        front.call("identity.request_password_reset", body={"email": email})
        asked.append(list(world.kms.asked))
    register = {"password": PASSWORD, "name": NAME}
    for email in (EMAIL, "nobody@example.com"):
        world.kms.asked.clear()
        front.call("identity.register", body={"email": email, **register})
        asked.append(list(world.kms.asked))
    assert asked == [[], [], ["GenerateDataKey"], ["GenerateDataKey"]]


def erase(front: Front, customer: Customer) -> Answer:
    return front.call("identity.erase_me", customer, body={"password": PASSWORD})


def test_with_the_person_goes_the_key_and_no_backup_opens(front: Front, ada: Customer):
    world = front.world
    columns = "email_index, email, name, password_hash"
    [backup] = world.sql(f"SELECT {columns} FROM users")
    assert erase(front, ada).status == 200
    assert world.key_shelf.files == {}
    assert world.sql("SELECT count(*) FROM keys_to_shred") == [(0,)]

    world.sql(f"UPDATE users SET ({columns}) = (%s, %s, %s, %s)", *backup)

    assert log_in(front).status == 401
    with pytest.raises(UnauthenticatedError):
        world.hub.get_me(CustomerId(ada.customer_id))
    assert front.call("identity.get_me", ada).status == 401


def test_a_key_that_could_not_be_destroyed_at_once_is_destroyed_at_night(
    front: Front, ada: Customer
):
    world = front.world
    world.key_shelf.up = False
    assert erase(front, ada).status == 200
    assert world.hub.tend_keys() == 0
    assert len(world.key_shelf.files) == 1

    world.key_shelf.up = True
    assert world.hub.tend_keys() == 1
    assert world.key_shelf.files == {}
    assert world.hub.tend_keys() == 0


def renew_master(front: Front) -> None:
    """Another master wraps from now on, in processes that start now."""
    world = front.world
    world.kms.masters = rotated(world.kms.masters)
    world.settings = world.settings._replace(personal_key=world.kms.masters.current)
    world.venue()


def test_under_a_new_master_old_keys_open_and_are_wrapped_anew(front: Front, ada: Customer):
    world = front.world
    gone = world.customer()
    renew_master(front)
    assert world.hub.get_me(CustomerId(ada.customer_id)).email == EMAIL
    del world.key_shelf.files[f"customers/{gone.customer_id}"]

    assert world.hub.tend_keys() == 2
    assert world.hub.tend_keys() == 0

    assert list(world.key_shelf.files) == [f"customers/{ada.customer_id}"]
    assert world.sql("SELECT DISTINCT key_master FROM users") == [("personal-2",)]
    only = {"personal-2": world.kms.masters.masters["personal-2"]}
    world.kms.masters = world.kms.masters._replace(masters=only)
    assert world.another_hub().get_me(CustomerId(ada.customer_id)).email == EMAIL


def test_who_dies_while_wrapping_anew_or_cannot_open_a_key_keeps_nobody_waiting(
    front: Front, ada: Customer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tend_keys, "BATCH", 1)
    world = front.world
    eve = world.customer()
    world.key_shelf.files[f"customers/{ada.customer_id}"] = (
        b'{"master": "lost", "wrapped": "bG9zdAA="}'
    )
    renew_master(front)
    world.hub.rewrapping.rewrap(eve.customer_id)  # and then it died

    assert world.hub.tend_keys() == 1

    assert world.another_hub().get_me(eve.customer_id).email == "customer1@example.com"
    with pytest.raises(AwsError):
        world.hub.get_me(CustomerId(ada.customer_id))


def test_while_no_key_can_be_asked_for_nobody_is_told_more_than_that(front: Front, ada: Customer):
    hub = front.world.another_hub()
    front.world.kms.up = False
    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(UnavailableError):
            hub.request_password_reset(email, ADDRESS)
