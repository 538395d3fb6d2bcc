"""What keeps anything keeps it under the application's key, and every door has its firewall."""

import json
from typing import Any

import pytest

from hub.entrypoints.body import MAX_BYTES
from tests.architecture.project import RESOURCES, of_type, translated, walk

# The property that names the key, for each type of resource that keeps something.
STORES = {
    "AWS::ElastiCache::ServerlessCache": "KmsKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::RDS::DBCluster": "KmsKeyId",
    "AWS::S3::Bucket": "BucketEncryption",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
}
# Those that keep something under a key of AWS's own, and why.
NOT_OURS = {
    "AWS::Events::Archive": "events name things by ids; an archive takes no key of ours on a bus",
    "AWS::Events::EventBus": "events name things by ids, and are gone when they are delivered",
    "AWS::Serverless::Function": "code and settings, which hold no secret but a URL given to them",
    "AWS::Serverless::LayerVersion": "code",
    "AWS::Serverless::StateMachine": "an express machine keeps nothing but its log",
}
# Those that keep nothing, by the words their types begin with.
KEEP_NOTHING = (
    "AWS::ApiGateway::", "AWS::ApiGatewayV2::", "AWS::ApplicationAutoScaling::",
    "AWS::CloudWatch::", "AWS::EC2::", "AWS::Lambda::Permission", "AWS::ServiceDiscovery::",
    "AWS::ECS::", "AWS::ElasticLoadBalancingV2::", "AWS::Events::Rule", "AWS::IAM::", "AWS::KMS::",
    "AWS::RDS::DBInstance", "AWS::RDS::DBProxy", "AWS::RDS::DBSubnetGroup", "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::",
    "AWS::Serverless::Api", "AWS::Serverless::WebSocketApi", "AWS::WAFv2::",
)  # fmt: skip
KEPT = [name for name, its in RESOURCES.items() if its["Type"] in STORES]
KEYS = ({"Ref": "Key"}, {"Fn::GetAtt": ["Key", "Arn"]})


def names_our_key(value: Any) -> bool:
    return any(block in KEYS for _, block in walk(value))


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_is_kept_under_the_applications_key(name: str):
    its = RESOURCES[name]
    assert names_our_key(its["Properties"][STORES[its["Type"]]])


def test_every_type_of_resource_is_known_as_one_that_keeps_something_or_nothing():
    unknown = {
        its["Type"]
        for its in RESOURCES.values()
        if its["Type"] not in STORES.keys() | NOT_OURS.keys()
        and not its["Type"].startswith(KEEP_NOTHING)
    }
    assert unknown == set()


def test_a_database_says_that_it_is_encrypted_and_so_is_its_password():
    for its in of_type("AWS::RDS::DBCluster").values():
        assert its["StorageEncrypted"] is True
        assert names_our_key(its["MasterUserSecret"])


def test_a_service_that_uses_the_key_is_bound_to_what_it_uses_it_for():
    key = of_type("AWS::KMS::Key")["Key"]
    for statement in key["KeyPolicy"]["Statement"][1:]:
        (service,) = statement["Principal"].values()
        assert statement["Sid"]
        assert "Condition" in statement or service == "scheduler.amazonaws.com"


def test_what_wraps_the_keys_of_customers_serves_no_service():
    for name in ("PersonalKey", "IndexKey"):
        its = RESOURCES[name]
        [statement] = its["Properties"]["KeyPolicy"]["Statement"]
        assert statement["Sid"] == "TheAccountDecides"
        assert its["DeletionPolicy"] == its["UpdateReplacePolicy"] == "Retain"


def test_a_key_that_is_destroyed_is_soon_gone_for_good():
    bucket = RESOURCES["KeysBucket"]["Properties"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    backups = RESOURCES["Database"]["Properties"]["BackupRetentionPeriod"]
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] <= backups


def firewall() -> dict[str, Any]:
    (its,) = of_type("AWS::WAFv2::WebACL").values()
    return {rule["Name"]: rule for rule in its["Rules"]}


def test_the_api_as_deployed_stands_behind_the_firewall():
    resources = translated()["Resources"]
    (association,) = [
        its["Properties"]
        for its in resources.values()
        if its["Type"] == "AWS::WAFv2::WebACLAssociation"
    ]
    stages = [name for name, its in resources.items() if its["Type"] == "AWS::ApiGateway::Stage"]
    text = association["ResourceArn"]["Fn::Sub"]
    assert len(stages) == 1
    assert text.endswith("::/restapis/${Api}/stages/${" + stages[0] + "}")
    assert association["WebACLArn"] == {"Fn::GetAtt": ["Firewall", "Arn"]}


def test_the_firewall_counts_by_address_bounds_sizes_and_knows_the_usual_attacks():
    rules = firewall()
    managed = {
        its["Statement"]["ManagedRuleGroupStatement"]["Name"]
        for its in rules.values()
        if "ManagedRuleGroupStatement" in its["Statement"]
    }
    assert managed == {
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    rates = {
        name: its["Statement"]["RateBasedStatement"]["Limit"]
        for name, its in rules.items()
        if "RateBasedStatement" in its["Statement"]
    }
    assert rates["PasswordsOfOneAddress"] < rates["RequestsOfOneAddress"]
    sizes = rules["Sizes"]["Statement"]["OrStatement"]["Statements"]
    (body,) = [
        its["SizeConstraintStatement"] for its in sizes if "Body" in json.dumps(its, sort_keys=True)
    ]
    assert (body["Size"], body["ComparisonOperator"]) == (MAX_BYTES, "GT")
    assert body["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}
    priorities = [its["Priority"] for its in rules.values()]
    assert len(set(priorities)) == len(priorities)


def test_a_refusal_of_the_firewall_is_a_problem_too():
    (its,) = of_type("AWS::WAFv2::WebACL").values()
    for rule in its["Rules"]:
        block = rule.get("Action", {}).get("Block")
        if block is not None:
            answer = block["CustomResponse"]
            said = json.loads(
                its["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"]
            )
            assert said["status"] == answer["ResponseCode"]
            assert {"type", "title", "detail", "code", "errors", "trace_id"} <= said.keys()


def test_a_name_of_ones_own_is_spoken_to_by_tls_1_2_at_least_and_alone():
    (domain,) = of_type("AWS::ApiGateway::DomainName").values()
    assert domain["SecurityPolicy"] == "TLS_1_2"
    api = RESOURCES["Api"]["Properties"]
    assert api["DisableExecuteApiEndpoint"] == {"Fn::If": ["WithDomain", True, False]}
