"""The template: queues that lose nothing, doors that are shut, permissions that are meant."""

import ast
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from tests.architecture.project import (
    GLOBALS,
    PACKAGE,
    RESOURCES,
    TEMPLATE,
    Function,
    functions,
    machines,
    of_type,
    translated,
    walk,
)

# Whoever has no token yet, and what watches or explains the API.
PUBLIC = {
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh_token",
    "POST /api/v1/auth/request_password_reset",
    "POST /api/v1/auth/reset_password",
    "POST /api/v1/auth/verify_email",
    "GET /.well-known/jwks.json",
    "GET /api/v1/health/live",
    "GET /api/v1/health/ready",
    "GET /api/v1/openapi.json",
    "GET /api/v1/docs",
    "GET /api/v1/shared-watchlists/{link}",  # its link is the proof
}

# Where `Resource: "*"` may stand: in a key's own policy it means that key and nothing else.
STAR = {
    "/Resources/Key/Properties/KeyPolicy/Statement/0": "the account's own policies decide",
    "/Resources/Key/Properties/KeyPolicy/Statement/1": "Scheduler has no ARN of a schedule to name",
    "/Resources/Key/Properties/KeyPolicy/Statement/2": "its condition names the log group",
    "/Resources/Key/Properties/KeyPolicy/Statement/3": "its condition names the account's rules",
    "/Resources/ListQueues/Properties/Policies/2/Statement/0": "GetMetricData takes no other",
    "/Resources/ListQueuesRole/Properties/Policies/0/PolicyDocument/Statement/0": "the same",
    "/Resources/PersonalKey/Properties/KeyPolicy/Statement/0": "the account's own policies decide",
    "/Resources/IndexKey/Properties/KeyPolicy/Statement/0": "the account's own policies decide",
}

# CloudFormation takes 500 resources and 1 MB; a stack near that cannot be mended any more.
MOST_RESOURCES = 430
MOST_BYTES = 800_000

QUEUES = of_type("AWS::SQS::Queue")
ALL = [pytest.param(each, id=each.name) for each in functions()]


def dead_letters() -> set[str]:
    """Every queue that something else gives up to: redrive policies, dead-letter configurations."""
    found = set()
    for _, block in walk(RESOURCES):
        for key in ("deadLetterTargetArn", "DeadLetterConfig"):
            target = block.get(key, {})
            target = target.get("Arn", target)
            if "Fn::GetAtt" in target:
                found.add(target["Fn::GetAtt"][0])
    return found


def test_every_queue_gives_up_to_a_dead_letter_queue():
    without = [
        name for name, its in QUEUES.items() if name not in dead_letters() and not redrive(its)
    ]

    assert without == []


def redrive(queue: Mapping[str, Any]) -> bool:
    policy = queue.get("RedrivePolicy", {})
    target = policy.get("deadLetterTargetArn", {}).get("Fn::GetAtt", [None])[0]
    return target in QUEUES and 3 <= policy["maxReceiveCount"] <= 10


def test_dead_letters_are_kept_as_long_as_sqs_keeps_anything_and_longer_than_their_source():
    kept = {name: QUEUES[name]["MessageRetentionPeriod"] for name in dead_letters()}

    assert set(kept.values()) == {14 * 24 * 3600}
    for name, its in QUEUES.items():
        if name not in dead_letters():
            assert its["MessageRetentionPeriod"] < 14 * 24 * 3600


def test_queues_are_named_after_their_kind():
    assert {name for name in QUEUES if name.endswith("Dlq")} == dead_letters()
    assert {name for name in QUEUES if name.endswith("Queue")} == QUEUES.keys() - dead_letters()


def test_every_dead_letter_queue_has_an_alarm_that_its_first_message_sets_off():
    watched = set()
    for its in of_type("AWS::CloudWatch::Alarm").values():
        if its["MetricName"] == "ApproximateNumberOfMessagesVisible":
            assert (its["ComparisonOperator"], its["Threshold"]) == ("GreaterThanThreshold", 0)
            [dimension] = its["Dimensions"]
            watched.add(dimension["Value"]["Fn::GetAtt"][0])

    assert watched == dead_letters()


def sources() -> list[tuple[Function, Mapping[str, Any]]]:
    return [(function, event) for function in functions() for event in function.events("SQS")]


# What lies in it is taken up the ladder; what that cannot take lies in the queue behind it.
READ_DEAD_LETTERS = {"OrdersDlq"}


def test_every_queue_that_is_no_dead_letter_queue_has_a_reader():
    read = {event["Queue"]["Fn::GetAtt"][0] for _, event in sources()}

    assert read == QUEUES.keys() - dead_letters() | READ_DEAD_LETTERS


def test_dead_letters_that_are_read_have_dead_letters_of_their_own():
    assert {name for name in dead_letters() if redrive(QUEUES[name])} == READ_DEAD_LETTERS


def test_a_message_stays_hidden_for_six_times_as_long_as_its_function_may_take():
    for function, event in sources():
        queue = QUEUES[event["Queue"]["Fn::GetAtt"][0]]

        assert queue["VisibilityTimeout"] >= 6 * function.timeout, function.name


def test_a_reader_gives_back_single_messages_and_has_a_bound():
    for function, event in sources():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"], function.name
        assert event["ScalingConfig"]["MaximumConcurrency"] <= 10, "the database's budget"


def test_every_schedule_has_a_dead_letter_queue_and_says_how_often_it_tries():
    for function in functions():
        for event in function.events("ScheduleV2"):
            assert "DeadLetterConfig" in event, function.name
            assert "MaximumRetryAttempts" in event["RetryPolicy"], function.name


def test_exactly_the_listed_routes_are_public():
    open_doors = {
        f"{event['Method'].upper()} {event['Path']}"
        for function in functions()
        for event in function.events("Api")
        if "Auth" in event
    }

    assert open_doors == PUBLIC


def test_every_other_route_has_the_authorizer_in_what_is_deployed():
    body = translated()["Resources"]["Api"]["Properties"]["Body"]
    guarded: set[str] = set()
    unguarded: set[str] = set()
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            if method == "options":
                continue
            name = f"{method.upper()} {path}"
            schemes = [scheme for each in operation.get("security", []) for scheme in each]
            (guarded if schemes == ["TokenAuthorizer"] else unguarded).add(name)

    assert unguarded == PUBLIC
    assert len(guarded) == len([1 for each in functions() for _ in each.events("Api")]) - len(
        PUBLIC
    )


def test_a_route_that_wants_the_caller_is_not_public_and_the_other_way_round():
    for function in functions():
        for event in function.events("Api"):
            name = f"{event['Method'].upper()} {event['Path']}"
            assert function.route is not None
            assert function.route.public == (name in PUBLIC), name


def test_no_permission_is_for_everything():
    stars = {
        place
        for document in (TEMPLATE, translated())
        for place, block in walk(document)
        if "*" in _listed(block.get("Resource", []))
    }

    assert stars == STAR.keys()


def test_every_queue_is_shown_to_those_who_run_the_platform():
    queues = {
        name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::SQS::Queue"
    }
    for function in ("ListQueues", "RedriveQueue", "GetDetailedHealth"):
        its = TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"]
        shown = json.loads(its["QUEUE_URLS"]["Fn::Sub"])
        assert {url.strip("${}") for url in shown.values()} == queues, function


def test_no_permission_is_for_every_action_of_a_service():
    everything = {
        place
        for place, block in walk(translated())
        for action in _listed(block.get("Action", []))
        if isinstance(action, str) and action.endswith("*")
    }

    # The account's root must be able to administer the keys.
    assert everything == {
        f"/Resources/{key}/Properties/KeyPolicy/Statement/0"
        for key in ("Key", "PersonalKey", "IndexKey")
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_deployed_stack_stays_far_from_cloudformations_limits():
    assert len(translated()["Resources"]) <= MOST_RESOURCES
    assert len(json.dumps(translated())) <= MOST_BYTES


@pytest.mark.parametrize("function", ALL)
def test_a_function_declares_only_what_is_its_own(function):
    allowed = {"CodeUri", "Handler", "Events", "Timeout", "MemorySize", "Environment"}
    allowed |= {"Role"} if "Role" in function.properties else {"Policies"}
    outward = ("ConnectionsPolicy", "MailPolicy")
    own = function.properties.get("Environment", {}).get("Variables", {})
    if any({"Ref": each} in function.policies for each in outward) or "VENUE_URL" in own:
        allowed |= {"VpcConfig"}  # a way out of the network: see test_exposure

    assert function.properties.keys() <= allowed


@pytest.mark.parametrize("function", ALL)
def test_a_function_behind_the_api_ends_before_the_gateway_gives_up(function):
    if function.events("Api"):
        assert function.timeout < 29


ROLES = of_type("AWS::IAM::Role")
SHARED = {
    each.properties["Role"]["Fn::GetAtt"][0] for each in functions() if "Role" in each.properties
}
ANYBODYS = ("service-role/AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess")


@pytest.mark.parametrize("name", sorted(SHARED))
def test_a_shared_role_is_for_functions_and_has_policies_of_ours_and_what_every_function_has(name):
    its = ROLES[name]
    [statement] = its["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    theirs = [each["Fn::Sub"] for each in its["ManagedPolicyArns"] if "Fn::Sub" in each]
    assert theirs == ["arn:${AWS::Partition}:iam::aws:policy/" + each for each in ANYBODYS]
    assert its.keys() == {"Description", "AssumeRolePolicyDocument", "ManagedPolicyArns"}


def test_a_machine_that_is_waited_for_ends_before_who_waits():
    for name, (properties, text) in machines().items():
        if properties["Type"] == "EXPRESS":
            waiting = [each for each in functions() if _starts(each, name)]
            assert waiting
            for function in waiting:
                assert json.loads(text)["TimeoutSeconds"] < function.timeout


def _starts(function: Function, machine: str) -> bool:
    return any(
        block.get("Action") == "states:StartSyncExecution" and block["Resource"] == {"Ref": machine}
        for _, block in walk(function.policies)
    )


# ── What a handler is wired to, and what it may do ───────────────────────────────────────────────

# The part of bootstrap that needs a permission, as it shows in the source.
PARTS = {
    "database": "database",
    "database_url": "database",
    "publisher": "publish",
    "notice_requests": "notify",
    "posts": "speak",
    "mailbox": "mail",
    "phone_texts": "text",
    "sync-states": "start",
    "settle_trades_arn": "settle",
    "recover_order_arn": "recover",
    "records_bucket": "keep",
    "queue_urls": "queues",
    "queue_ages": "ages",
    "redrives": "redrive",
    "postpone_failed": "postpone",
    "secretsmanager": "secret",
    "vault": "vault",
    "blind_index": "index",
    "new_keys": "make keys",
    "shredding": "shred",
    "rewrapping": "rewrap",
}
LESS = {
    # They know the public keys; the signing key is only read to sign.
    "Authorize": {"secret"},
    "GetJwks": {"secret"},
    "RenewConnection": {"secret"},
}


GRANTS = {
    "DatabasePolicy": "database",
    "PublishPolicy": "publish",
    "NoticePolicy": "notify",
    "ConnectionsPolicy": "speak",
    "MailPolicy": "mail",
    "TextPolicy": "text",
    "RecoveryPolicy": "recover",
    "RecordsPolicy": "keep",
    "QueuesPolicy": "queues",
    "cloudwatch:GetMetricData": "ages",
    "RedrivePolicy": "redrive",
    "states:StartSyncExecution": "start",
    "sqs:ChangeMessageVisibility": "postpone",
    "states:StartExecution": "settle",
    "AWSSecretsManagerGetSecretValuePolicy": "secret",
    "KMSDecryptPolicy": "decrypt",
    "VaultPolicy": "vault",
    "IndexPolicy": "index",
    "kms:Encrypt": "rewrap",
    "kms:GenerateDataKey": "make keys",
    "s3:DeleteObject": "shred",
}


def granted(function: Function) -> set[str]:
    """Policies by what they are for; a policy that is for nothing known is itself."""
    found = set()
    for policy in function.policies:
        text = json.dumps(policy)
        known = [kind for words, kind in GRANTS.items() if f'"{words}"' in text]
        found.add(known[0] if known else text)
    return found


@cache
def bootstrap_parts() -> Mapping[str, set[str]]:
    """What each member of Hub mentions, itself and through the members that it uses."""
    rooms = [
        ast.parse(path.read_text(encoding="utf-8")) for path in (PACKAGE / "bootstrap").glob("*.py")
    ]
    mentions = {
        member.name: {
            *(node.attr for node in ast.walk(member) if isinstance(node, ast.Attribute)),
            *(str(node.value) for node in ast.walk(member) if isinstance(node, ast.Constant)),
        }
        for room in rooms
        for members in room.body
        if isinstance(members, ast.ClassDef)
        for member in members.body
        if isinstance(member, ast.FunctionDef)
    }

    def closure(name: str, seen: set[str]) -> set[str]:
        for each in {its for its in mentions[name] if its in mentions} - seen:
            seen |= {each}
            closure(each, seen)
        return seen

    return {
        name: mentions[name].union(
            {name}, *(mentions[each] | {each} for each in closure(name, set()))
        )
        for name in mentions
    }


# Handlers of frames are given `hub` itself, for what is looked at before.
FRAMES = {each.stem for each in functions() if "frame_handler(hub," in each.path.read_text("utf-8")}


def mentioned(function: Function) -> set[str]:
    """What bootstrap mentions for the members of `hub()` that a handler uses."""
    tree = ast.parse(function.path.read_text(encoding="utf-8"))
    parts = bootstrap_parts()
    members = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hub()"
    ]
    route = function.route
    if function.stem in FRAMES:
        members += ["connections", "limits", "sessions", "telling"]
    if route is not None and route.access.doors is not None:
        members += ["limits"] + ["sessions"] * (route.access.changes and not route.public)
    return set().union(*(parts[member] for member in members))


@pytest.mark.parametrize("function", ALL)
def test_a_function_may_do_exactly_what_it_is_wired_to(function):
    needed = {PARTS[each] for each in mentioned(function) & PARTS.keys()}
    needed -= LESS.get(function.name, set())

    assert granted(function) - {"decrypt"} == needed


@pytest.mark.parametrize("function", ALL)
def test_who_reads_an_encrypted_queue_or_secret_may_decrypt_it(function):
    reads = bool(function.events("SQS")) or "secret" in granted(function)

    assert ("decrypt" in granted(function)) == reads


def test_publishing_reaches_every_queue_that_is_published_to_and_the_bus():
    statements = RESOURCES["PublishPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    reached = {
        its["Action"]: its["Resource"] for its in statements if isinstance(its["Action"], str)
    }
    # One is asked for notices, one fed by the bus, the others hold what failed.
    named = ("NoticesQueue", "AccountEventsQueue", "NotableEventsQueue", *READ_DEAD_LETTERS)
    others = [{"Fn::GetAtt": [name, "Arn"]} for name in named]
    queues = [event["Queue"] for _, event in sources() if event["Queue"] not in others]

    assert reached == {
        "sqs:SendMessage": queues,
        "events:PutEvents": {"Fn::GetAtt": ["EventBus", "Arn"]},
    }


def of_keys(name: str) -> set[tuple[str, str]]:
    """Action and key, of all that a function may do with keys and with what is on their shelf."""
    [function] = [each for each in functions() if each.name == name]
    found = set()
    for policy in function.policies:
        statements = RESOURCES[policy["Ref"]]["Properties"] if "Ref" in policy else policy
        for _, block in walk(statements):
            for action in _listed(block.get("Action", [])):
                if action.startswith(("kms:", "s3:")):
                    found |= {(action, each) for each in _names(block["Resource"])}
    return found


def _names(resource: Any) -> set[str]:
    """The logical ids in what a statement is for."""
    return set(re.findall(r"\b(Key|PersonalKey|IndexKey|KeysBucket)\b", json.dumps(resource)))


OPENING = {
    ("s3:GetObject", "KeysBucket"),
    ("s3:ListBucket", "KeysBucket"),
    ("kms:Decrypt", "Key"),
    ("kms:Decrypt", "PersonalKey"),
}
MAKING = {("s3:PutObject", "KeysBucket"), ("kms:GenerateDataKey", "Key")}


def test_who_opens_what_is_personal_neither_makes_nor_wraps_nor_destroys_a_key():
    assert of_keys("GetMe") == OPENING
    assert of_keys("ListAccounts") == set()
    assert of_keys("EraseMe") == OPENING | {("s3:DeleteObject", "KeysBucket")}
    noticing = {("kms:Decrypt", "Key"), ("kms:GenerateDataKey", "Key")}
    assert of_keys("RequestPasswordReset") == {("kms:GenerateMac", "IndexKey")} | noticing
    assert of_keys("Register") == OPENING | MAKING | noticing | {
        ("kms:GenerateDataKey", "PersonalKey"),
        ("kms:GenerateMac", "IndexKey"),
    }
    assert of_keys("JobTendKeys") == OPENING | MAKING | {
        ("kms:Encrypt", "PersonalKey"),
        ("s3:DeleteObject", "KeysBucket"),
    }


def settings_variables() -> dict[str, str]:
    """Variable of the environment by settings field, where the field has no default of its own."""
    text = (PACKAGE / "settings.py").read_text(encoding="utf-8")
    return dict(re.findall(r'^        (\w+)=[^\n]*given\.get\("([A-Z_]+)"', text, re.MULTILINE))


@pytest.mark.parametrize("function", ALL)
def test_a_function_is_given_the_settings_it_reads_and_none_of_its_own_for_nothing(function):
    own = set(function.properties.get("Environment", {}).get("Variables", {}))
    fields = settings_variables()
    read = {variable for field, variable in fields.items() if field in mentioned(function)}
    read -= {"SIGNING_KEY_SECRET"} if function.name in LESS else set()
    read -= {"AWS_REGION"}  # Lambda sets it
    read -= {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}  # a container's, of the stream task

    assert read <= own | GLOBALS["Environment"]["Variables"].keys()
    assert own <= read
