"""What the stack shows to the outside: ports, addresses, connections, parameters."""

from typing import Any

import pytest

from tests.architecture.project import (
    GLOBALS,
    RESOURCES,
    TEMPLATE,
    functions,
    of_type,
    walk,
)

GROUPS = of_type("AWS::EC2::SecurityGroup")
NETWORK = RESOURCES["Vpc"]["Properties"]["CidrBlock"]
# A parameter of such a name may hold what opens something.
OPENS = ("Url", "Password", "Token")


@pytest.mark.parametrize("name", GROUPS)
def test_nothing_is_reached_but_by_a_group_of_ours(name: str):
    for rule in GROUPS[name].get("SecurityGroupIngress", []):
        assert "CidrIp" not in rule
        assert "CidrIpv6" not in rule
        assert rule["SourceSecurityGroupId"]["Ref"] in GROUPS


# Decisions 0031 and 0035: who is spoken to has no address inside the network.
OUTWARD = "OutwardSecurityGroup"


@pytest.mark.parametrize("name", GROUPS)
def test_nothing_speaks_to_the_internet_but_who_must(name: str):
    for rule in GROUPS[name].get("SecurityGroupEgress", []):
        if name == OUTWARD:
            assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", 443, 443)
        else:
            assert rule["CidrIp"] == NETWORK


VENUE = {"OnOrderRouted", "JobFollowRoutedOrders", "StepRetryOrder"}


def test_outward_go_only_functions_that_speak_to_connections_or_the_venue_or_send_mails():
    outward = {
        each.name
        for each in functions()
        if {"Ref": OUTWARD} in each.properties.get("VpcConfig", {}).get("SecurityGroupIds", [])
    }
    speaking = {
        each.name
        for each in functions()
        if any({"Ref": policy} in each.policies for policy in ("ConnectionsPolicy", "MailPolicy"))
    }
    told = {
        each.name
        for each in functions()
        if "VENUE_URL" in each.properties.get("Environment", {}).get("Variables", {})
    }

    assert told == VENUE
    assert speaking != set()
    assert outward == speaking | told


@pytest.mark.parametrize("name", GROUPS)
def test_a_rule_is_for_one_purpose_s_ports(name: str):
    for kind in ("SecurityGroupIngress", "SecurityGroupEgress"):
        for rule in GROUPS[name].get(kind, []):
            assert rule["IpProtocol"] == "tcp"
            assert 0 <= rule["ToPort"] - rule["FromPort"] <= 1


def test_nothing_has_an_address_of_the_internet():
    public = {
        place
        for place, block in walk(RESOURCES)
        if block.get("PubliclyAccessible") is True
        or block.get("AssignPublicIp") == "ENABLED"
        or block.get("MapPublicIpOnLaunch") is True
    }
    assert public == set()


def test_the_way_out_leads_nothing_in():
    """Private subnets reach the internet by address translation alone, which opens no way back."""
    routes = {
        its["RouteTableId"]["Ref"]: its
        for its in of_type("AWS::EC2::Route").values()
        if its["DestinationCidrBlock"] == "0.0.0.0/0"
    }
    tables = {
        its["SubnetId"]["Ref"]: its["RouteTableId"]["Ref"]
        for its in of_type("AWS::EC2::SubnetRouteTableAssociation").values()
    }
    private = {each["Ref"] for each in GLOBALS["VpcConfig"]["SubnetIds"]}

    assert {subnet for subnet, table in tables.items() if "GatewayId" in routes[table]} == {
        "PublicSubnet"
    }
    assert private == {sub for sub, table in tables.items() if "NatGatewayId" in routes[table]}
    users = [
        name
        for name, its in RESOURCES.items()
        if any(block.get("Ref") == "PublicSubnet" for _, block in walk(its))
    ]
    assert sorted(users) == ["NatGateway", "PublicSubnetRoutes"]


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts(part)]


def test_stores_are_spoken_to_in_secret():
    own = texts(GLOBALS["Environment"]["Variables"]) + texts(RESOURCES)
    for text in own:
        if text.startswith("postgresql://"):
            assert "sslmode=verify-full" in text
        assert not text.startswith("redis://")
    for proxy in of_type("AWS::RDS::DBProxy").values():
        assert proxy["RequireTLS"] is True


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_a_parameter_that_may_open_something_is_not_shown_and_has_no_default(name: str):
    parameter = TEMPLATE["Parameters"][name]
    if name.endswith(OPENS):
        assert parameter["NoEcho"] is True
        assert parameter["Default"] == ""


def test_logs_are_not_kept_for_ever():
    kept = {
        name: its.get("RetentionInDays") for name, its in of_type("AWS::Logs::LogGroup").items()
    }
    assert kept
    assert None not in kept.values()


def test_keys_are_renewed_but_for_the_one_that_finds_addresses():
    keys = of_type("AWS::KMS::Key")
    assert keys["IndexKey"]["KeyUsage"] == "GENERATE_VERIFY_MAC"
    renewed = {name for name, its in keys.items() if its.get("EnableKeyRotation") is True}
    assert renewed == keys.keys() - {"IndexKey"}
