"""Resource types: what Ref and GetAtt of the local ones give; which are cloud-only, and why."""

from typing import NamedTuple

REGION = "us-east-1"
ACCOUNT = "000000000000"

_LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}"
_EVENTS = f"arn:aws:events:{REGION}:{ACCOUNT}"
_STATES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{name}}"
_SCHEDULER = f"arn:aws:scheduler:{REGION}:{ACCOUNT}"
_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{name}}"
_QUEUE_URL = f"{{endpoint}}/{ACCOUNT}/{{name}}"


class Kind(NamedTuple):
    """How a resource is named. `{name}` is its physical name, `{endpoint}` the AWS endpoint."""

    name_property: str
    ref: str
    attributes: dict[str, str]


LOCAL_TYPES = {
    "AWS::Serverless::Function": Kind(
        "FunctionName", "{name}", {"Arn": f"{_LAMBDA}:function:{{name}}"}
    ),
    "AWS::Serverless::LayerVersion": Kind("LayerName", f"{_LAMBDA}:layer:{{name}}:1", {}),
    "AWS::Serverless::Api": Kind("Name", "local", {"RootResourceId": "root"}),
    "AWS::Serverless::WebSocketApi": Kind("Name", "localws", {}),
    "AWS::Serverless::StateMachine": Kind("Name", _STATES, {"Arn": _STATES, "Name": "{name}"}),
    "AWS::SQS::Queue": Kind(
        "QueueName",
        _QUEUE_URL,
        {
            "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{name}}",
            "QueueName": "{name}",
            "QueueUrl": _QUEUE_URL,
        },
    ),
    "AWS::Events::EventBus": Kind(
        "Name", "{name}", {"Arn": f"{_EVENTS}:event-bus/{{name}}", "Name": "{name}"}
    ),
    "AWS::Events::Rule": Kind("Name", "{name}", {"Arn": f"{_EVENTS}:rule/{{name}}"}),
    "AWS::Scheduler::ScheduleGroup": Kind(
        "Name", "{name}", {"Arn": f"{_SCHEDULER}:schedule-group/{{name}}"}
    ),
    "AWS::Scheduler::Schedule": Kind(
        "Name", "{name}", {"Arn": f"{_SCHEDULER}:schedule/default/{{name}}"}
    ),
    "AWS::SecretsManager::Secret": Kind("Name", _SECRET, {"Id": _SECRET}),
}

_NETWORK = "loopback has no networks of its own"
_DATABASE = "PostgreSQL and Redis run as local processes; their addresses are given"
_PERMISSION = "one machine, one user: nothing to grant"
_STREAM = "the stream task runs as a local process"
_OBSERVE = "logs and metrics go to files; nothing pages anybody"
_GIVEN = "its address is given as a value when it is wanted"

CLOUD_ONLY_TYPES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _STREAM,
    "AWS::ApplicationAutoScaling::ScalingPolicy": _STREAM,
    "AWS::Budgets::Budget": _OBSERVE,
    "AWS::CertificateManager::Certificate": _NETWORK,
    "AWS::CloudFormation::Stack": "nested stacks hold network, data and observability only",
    "AWS::CloudFront::Distribution": _NETWORK,
    "AWS::CloudWatch::Alarm": _OBSERVE,
    "AWS::CloudWatch::CompositeAlarm": _OBSERVE,
    "AWS::CloudWatch::Dashboard": _OBSERVE,
    "AWS::EC2::EIP": _NETWORK,
    "AWS::EC2::InternetGateway": _NETWORK,
    "AWS::EC2::NatGateway": _NETWORK,
    "AWS::EC2::Route": _NETWORK,
    "AWS::EC2::RouteTable": _NETWORK,
    "AWS::EC2::SecurityGroup": _NETWORK,
    "AWS::EC2::SecurityGroupEgress": _NETWORK,
    "AWS::EC2::SecurityGroupIngress": _NETWORK,
    "AWS::EC2::Subnet": _NETWORK,
    "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
    "AWS::EC2::VPC": _NETWORK,
    "AWS::EC2::VPCEndpoint": _NETWORK,
    "AWS::EC2::VPCGatewayAttachment": _NETWORK,
    "AWS::ECR::Repository": _STREAM,
    "AWS::ECS::Cluster": _STREAM,
    "AWS::ECS::Service": _STREAM,
    "AWS::ECS::TaskDefinition": _STREAM,
    "AWS::ElastiCache::ParameterGroup": _DATABASE,
    "AWS::ElastiCache::ReplicationGroup": _DATABASE,
    "AWS::ElastiCache::ServerlessCache": _DATABASE,
    "AWS::ElastiCache::SubnetGroup": _DATABASE,
    "AWS::ElastiCache::User": _DATABASE,
    "AWS::ElastiCache::UserGroup": _DATABASE,
    "AWS::ElasticLoadBalancingV2::Listener": _STREAM,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _STREAM,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _STREAM,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _STREAM,
    "AWS::Events::Archive": _OBSERVE,
    "AWS::Events::EventBusPolicy": _PERMISSION,
    "AWS::IAM::ManagedPolicy": _PERMISSION,
    "AWS::IAM::Policy": _PERMISSION,
    "AWS::IAM::Role": _PERMISSION,
    "AWS::KMS::Alias": _PERMISSION,
    "AWS::KMS::Key": _PERMISSION,
    "AWS::Lambda::Permission": _PERMISSION,
    "AWS::Logs::LogGroup": _OBSERVE,
    "AWS::Logs::MetricFilter": _OBSERVE,
    "AWS::Logs::QueryDefinition": _OBSERVE,
    "AWS::RDS::DBCluster": _DATABASE,
    "AWS::RDS::DBInstance": _DATABASE,
    "AWS::RDS::DBParameterGroup": _DATABASE,
    "AWS::RDS::DBProxy": _DATABASE,
    "AWS::RDS::DBProxyTargetGroup": _DATABASE,
    "AWS::RDS::DBSubnetGroup": _DATABASE,
    "AWS::Route53::RecordSet": _NETWORK,
    "AWS::S3::Bucket": _GIVEN,
    "AWS::S3::BucketPolicy": _PERMISSION,
    "AWS::SES::ConfigurationSet": _GIVEN,
    "AWS::SES::EmailIdentity": _GIVEN,
    "AWS::SNS::Subscription": _GIVEN,
    "AWS::SNS::Topic": _GIVEN,
    "AWS::SNS::TopicPolicy": _PERMISSION,
    "AWS::SQS::QueuePolicy": _PERMISSION,
    "AWS::SSM::Parameter": _GIVEN,
    "AWS::SecretsManager::ResourcePolicy": _PERMISSION,
    "AWS::SecretsManager::RotationSchedule": "local secrets do not rotate",
    "AWS::SecretsManager::SecretTargetAttachment": _DATABASE,
    "AWS::Serverless::Application": "nested stacks hold network, data and observability only",
    "AWS::Synthetics::Canary": _OBSERVE,
    "AWS::WAFv2::LoggingConfiguration": _NETWORK,
    "AWS::WAFv2::WebACL": _NETWORK,
    "AWS::WAFv2::WebACLAssociation": _NETWORK,
    "AWS::XRay::Group": _OBSERVE,
    "AWS::XRay::SamplingRule": _OBSERVE,
}
