"""The proof of an account, the links of its chain, and tampering that no anchor forgets."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from hub.adapters.postgres.proofs import (
    NOT_OF_ACCOUNTS,
    OF_ACCOUNTS,
    broken_anchors,
    invariants_of_accounts,
)
from hub.adapters.postgres.tables import metadata
from hub.application.operations.anchor_chains import FOLDER, anchors_in
from hub.application.ports.proofs import Head
from local.verify import anchors
from tests.fixtures.requests import Front
from tests.fixtures.worlds import TRACE, Customer, World


@pytest.fixture
def tampered(tampered_world: World) -> tuple[Front, Customer, Customer]:
    """Two customers who have bought and sold, and whose orders rest."""
    world = tampered_world
    customers = [world.customer("1000") for _ in range(2)]
    for each in customers:
        world.give(each, "10", "100")
        world.submit(each, "sell", "4")
        world.process()
        world.submit(each, "buy", "1", limit="90")
        world.process()
    return Front(world), customers[0], customers[1]


def proof(front: Front, customer: Customer) -> dict[str, object]:
    path = {"account_id": customer.account_id}
    answer = front.call("accounts.get_proof", customer, path=path)
    assert answer.status == 200
    body: dict[str, object] = answer.body
    return body


def broken(body: dict[str, object]) -> set[str]:
    invariants = body["invariants"]
    assert isinstance(invariants, list)
    return {each["name"] for each in invariants if each["violations"]}


def test_a_proof_shows_head_ledger_and_every_invariant(tampered: tuple[Front, Customer, Customer]):
    front, me, _ = tampered
    body = proof(front, me)

    links = front.world.sql(
        "SELECT payload FROM audit_events WHERE account_id = %s ORDER BY sequence", me.account_id
    )
    head = bytes(32)
    for (payload,) in links:
        head = sha256(head + payload.encode()).digest()
    assert body["chain"] == {"links": len(links), "head": head.hex()}
    ledger = body["ledger"]
    assert isinstance(ledger, list)
    totals = {each["ledger"]: each["total"] for each in ledger}
    assert totals == {
        "deposits": "-2000.00",
        "holds": "-90.00",
        "market": "600.00",
        "reserved": "90.00",
        "settled": "1000.00",
        "unsettled": "400.00",
    }
    assert body["holds"] is True
    assert len(invariants_of_accounts()) > 15


def test_a_proof_is_of_one_account_alone(tampered: tuple[Front, Customer, Customer]):
    front, me, other = tampered
    front.world.tamper(
        f"UPDATE balances SET settled = settled + 1 WHERE account_id = '{other.account_id}'"
    )

    assert broken(proof(front, me)) == set()
    assert broken(proof(front, other)) == {"cash-is-ledger"}
    path = {"account_id": me.account_id}
    assert front.call("accounts.get_proof", other, path=path).status == 404


def test_every_table_of_accounts_is_cut_to_the_one():
    mentioned = {
        table
        for each in invariants_of_accounts()
        for table in metadata.tables
        if table in each.query.replace(",", " ").split()
    }

    assert mentioned <= set(OF_ACCOUNTS)
    assert all("account_id" in metadata.tables[table].columns for table in OF_ACCOUNTS)
    assert len(NOT_OF_ACCOUNTS) == 2


def test_each_link_says_who_did_what_when_and_under_which_trace(
    tampered: tuple[Front, Customer, Customer],
):
    front, me, _ = tampered
    rows = front.world.sql(
        "SELECT payload FROM audit_events WHERE account_id = %s ORDER BY sequence", me.account_id
    )
    links = [json.loads(payload) for (payload,) in rows]

    assert {each["action"] for each in links} >= {
        "registered",
        "deposited",
        "submitted",
        "executed",
    }
    for link in links:
        assert link["actor"] in {me.customer_id, "venue"}
        assert link["trace_id"] == TRACE
        assert link["at"]
    executed = [each for each in links if each["action"] == "executed"]
    for link in executed:
        assert link["quote"]["id"]
        assert (link["before"], link["after"]) == ("new", "filled")
        assert link["cash"]["before"] != link["cash"]["after"]
    (deposited, *_) = [each for each in links if each["action"] == "deposited"]
    assert deposited["cash"]["before"]["settled"] == "0.00"
    assert deposited["cash"]["after"]["settled"] == "1000.00"


MINE = "account_id = '{account}'"
LAST = f"{MINE} AND sequence = (SELECT audit_sequence FROM accounts WHERE {MINE})"
TAMPERINGS = {
    "a changed link": (f"UPDATE audit_events SET payload = 'x' WHERE {MINE} AND sequence = 2",),
    "a removed link": (f"DELETE FROM audit_events WHERE {MINE} AND sequence = 2",),
    "the last link cut off": (f"DELETE FROM audit_events WHERE {LAST}",),
    "an inserted link": (
        (
            "INSERT INTO audit_events SELECT account_id, sequence + 1, payload, hash, at"
            f" FROM audit_events WHERE {LAST}"
        ),
    ),
    "a changed hash": (f"UPDATE audit_events SET hash = '\\x00' WHERE {LAST}",),
    "two links that changed places": (
        f"UPDATE audit_events SET sequence = -sequence WHERE {MINE} AND sequence IN (2, 3)",
        f"UPDATE audit_events SET sequence = 5 + sequence WHERE {MINE} AND sequence < 0",
    ),
    "another head": (f"UPDATE accounts SET audit_hash = '\\x00' WHERE {MINE}",),
    "an event cut off": (
        (
            f"DELETE FROM account_events WHERE {MINE} AND sequence ="
            f" (SELECT event_sequence FROM accounts WHERE {MINE})"
        ),
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found(tampered: tuple[Front, Customer, Customer], what: str):
    front, me, _ = tampered
    front.world.tamper(*[each.format(account=me.account_id) for each in TAMPERINGS[what]])

    assert broken(proof(front, me)) & {"audit-chain", "events-are-gapless"}
    assert front.world.broken_invariants().keys() & {"audit-chain", "events-are-gapless"}


OWN = "a.account_id = '{account}' AND e.account_id = a.account_id"
BEFORE = (
    "(SELECT b.hash FROM audit_events b WHERE b.account_id = '{account}'"
    " AND b.sequence = audit_events.sequence - 1)"
)
FOLLOW = (
    "UPDATE accounts a SET audit_sequence = e.sequence, audit_hash = e.hash FROM audit_events e"
    f" WHERE {OWN} AND e.sequence = a.audit_sequence"
)
REWRITTEN = {
    "the last link cut off, and the head with it": (
        f"DELETE FROM audit_events WHERE {LAST}",
        f"{FOLLOW} - 1",
    ),
    "the last link changed, and its hash and head with it": (
        (
            "UPDATE audit_events SET payload = 'nothing',"
            f" hash = sha256({BEFORE} || 'nothing'::bytea) WHERE {LAST}"
        ),
        FOLLOW,
    ),
}


@pytest.mark.parametrize("what", REWRITTEN)
def test_a_chain_that_was_rewritten_with_its_head_is_not_the_anchored_one(
    tampered: tuple[Front, Customer, Customer], what: str
):
    front, me, _ = tampered
    world = front.world
    assert world.hub.anchor_chains(TRACE) == 2
    [key] = world.objects.keys(FOLDER)
    written = list(anchors_in(world.objects.files[key].decode()))
    assert broken_anchors(world.urls.owner, written) == []

    world.tamper(*[each.format(account=me.account_id) for each in REWRITTEN[what]])

    assert broken(proof(front, me)) == set(), "inside the database nothing shows"
    found = broken_anchors(world.urls.owner, written)
    assert [each.account_id for each in found] == [me.account_id]


def test_anchors_are_written_once_an_hour_and_only_of_what_moved(world: World):
    first, second = world.customer("100"), world.customer("100")
    assert world.hub.anchor_chains(TRACE) == 2
    world.deposit(first, "1")
    assert world.hub.anchor_chains(TRACE) == 0, "this hour has its anchor"
    world.clock.advance(timedelta(hours=1).total_seconds())
    world.deposit(second, "1")

    # What moved after the first hour's anchor was written is in the second's.
    assert world.hub.anchor_chains(TRACE) == 2
    world.clock.advance(timedelta(hours=1).total_seconds())
    assert world.hub.anchor_chains(TRACE) == 1
    world.clock.advance(timedelta(hours=1).total_seconds())
    assert world.hub.anchor_chains(TRACE) == 0


def test_verify_reads_the_anchors_of_the_state_folder(tmp_path: Path):
    folder = tmp_path / "objects" / "bucket" / "audit"
    folder.mkdir(parents=True)
    (folder / "2026-01-05T12.csv").write_text("a,3,00ff\n")
    (folder / "2026-01-05T13.csv").write_text("b,1,01\n")

    assert [tuple(each) for each in anchors(tmp_path)] == [("a", 3, "00ff"), ("b", 1, "01")]
    assert all(isinstance(each, Head) for each in anchors(tmp_path))
