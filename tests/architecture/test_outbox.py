"""What changes the books is told by the outbox alone; what is sent otherwise can be sent again."""

import ast

from tests.architecture.project import sources

# Calls by which anything leaves for a queue or the bus.
_SENDING = {"SendMessage", "SendMessageBatch", "PutEvents", "PublishBatch"}

# Who sends without an outbox, as bootstrap makes them, and why a message lost there is no loss.
WITHOUT = {
    # The orders stay accepted, and are sent again each minute.
    "release_queued_orders": "orders/release_queued_orders.py",
    # The orders rest on, and the next reload of the book finds them.
    "watch_resting_orders": "orders/watch_resting_orders.py",
    # The orders stay open, and are looked at again each minute.
    "follow_routed_orders": "orders/follow_routed_orders.py",
    # A person asked, and is told where it was not taken.
    "reprocess_order": "operations/reprocess_order.py",
    # It changes nothing in the books, and who alarms tries again where it was not taken.
    "alarms": "alarms.py",
}
ADAPTERS = {
    "layers/hub/hub/adapters/aws/publisher.py",
    # A request for a notice changes nothing: who asked in vain asks again.
    "layers/hub/hub/adapters/aws/notice_requests.py",
}


def test_no_adapter_sends_but_the_publisher_and_the_one_for_notices():
    sending = {
        path
        for path, tree in sources("layers/hub/hub", "functions", "stream")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in _SENDING
    }

    assert sending == ADAPTERS


def test_no_use_case_publishes_but_the_relay_and_those_that_can_do_it_again():
    publishing = {
        path.removeprefix("layers/hub/hub/application/")
        for path, tree in sources("layers/hub/hub/application")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "publish"
    }

    assert publishing == {"relay.py", *WITHOUT.values()}


def test_bootstrap_hands_the_publisher_to_no_one_else():
    handed = {
        member.name
        for _, tree in sources("layers/hub/hub/bootstrap")
        for member in ast.walk(tree)
        if isinstance(member, ast.FunctionDef)
        and any(
            isinstance(node, ast.Attribute) and node.attr == "publisher"
            for node in ast.walk(member)
        )
    }

    assert handed == {"relay", *WITHOUT}


def test_no_handler_knows_the_publisher_or_the_outbox():
    knowing = {
        path
        for path, tree in sources("functions")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"publisher", "outbox", "relay"}
    }

    assert knowing == set()
