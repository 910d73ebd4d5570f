# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions on which resources requests need: requests as boto3 makes them, read as the gate reads them."""

from __future__ import annotations

import functools
import io
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from nodeops_lab.api import backends
from nodeops_lab.api.access import request, services, signature
from nodeops_lab.api.access.checks import Check, checks
from nodeops_lab.api.server import ApiServer

ACCOUNT = "123456789012"
PREFIX = f"us-east-1:{ACCOUNT}"
SESSION: Any = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
assert services.__all__


class CaughtError(Exception):
    """Carries a request that is not sent."""

    def __init__(self, prepared: AWSPreparedRequest) -> None:
        super().__init__()
        self.prepared = prepared


@functools.cache
def catching_client(service: str) -> Any:
    """Return a client whose requests are caught instead of sent."""
    client = SESSION.client(service, endpoint_url="http://127.0.0.1:1")

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        raise CaughtError(request)

    client.meta.events.register("before-send", catch)
    return client


def environ_of(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the WSGI environment of the request that boto3 makes of an operation."""
    with pytest.raises(CaughtError) as caught:
        getattr(catching_client(service), operation)(**parameters)
    prepared = caught.value.prepared
    parts = urlsplit(str(prepared.url))
    content: Any = prepared.body or b""
    body = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else content.read()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": prepared.method,
        "PATH_INFO": parts.path,
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in prepared.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode() if isinstance(value, bytes) else str(value)
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def checks_of(service: str, operation: str, **parameters: Any) -> list[Check]:
    """Return the checks of an operation."""
    environ = environ_of(service, operation, parameters)
    signed = signature.read(environ)
    assert signed is not None
    with backends.LOCK:
        return checks(request.read(environ, signed.service, signed.region))


def needs(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    """Return the actions and resources of an operation, without what says which account and region."""
    found = checks_of(service, operation, **parameters)
    return [(check.action, check.resource.replace(PREFIX, "P")) for check in found]


TAGS = [{"Key": "k", "Value": "v"}]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
TRUST = "{}"
# Service, operation, parameters, and what is needed: P stands for region and account.
TEST_NEEDS: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    # Query protocol with lists, names of IAM that differ from the endpoint's.
    ("iam", "list_roles", {}, [("iam:ListRoles", "*")]),
    ("iam", "get_role", {"RoleName": "r"}, [("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/r")]),
    (
        "iam",
        "create_role",
        {"RoleName": "r", "Path": "/p/", "AssumeRolePolicyDocument": TRUST, "Tags": TAGS},
        [
            ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/p/r"),
            ("iam:TagRole", f"arn:aws:iam::{ACCOUNT}:role/p/r"),
        ],
    ),
    (
        "iam",
        "add_role_to_instance_profile",
        {"InstanceProfileName": "i", "RoleName": "r"},
        [("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/i"), ("iam:PassRole", ROLE)],
    ),
    (
        "iam",
        "attach_role_policy",
        {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        [("iam:AttachRolePolicy", ROLE)],
    ),
    (
        "iam",
        "put_user_policy",
        {"UserName": "u", "PolicyName": "p", "PolicyDocument": "{}"},
        [("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/u")],
    ),
    (
        "iam",
        "create_policy",
        {"PolicyName": "p", "PolicyDocument": "{}"},
        [("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/p")],
    ),
    (
        "iam",
        "create_service_linked_role",
        {"AWSServiceName": "rds.amazonaws.com"},
        [("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/*")],
    ),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "ss"}, [("sts:AssumeRole", ROLE)]),
    (
        "sts",
        "assume_role",
        {"RoleArn": ROLE, "RoleSessionName": "ss", "Tags": TAGS},
        [("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE)],
    ),
    ("sts", "get_caller_identity", {}, []),
    (
        "elbv2",
        "create_load_balancer",
        {"Name": "b", "Type": "network", "Tags": TAGS},
        [
            ("elasticloadbalancing:CreateLoadBalancer", "arn:aws:elasticloadbalancing:P:loadbalancer/net/b/*"),
            ("elasticloadbalancing:AddTags", "arn:aws:elasticloadbalancing:P:loadbalancer/net/b/*"),
            ("ec2:DescribeAccountAttributes", "*"),
            (
                "iam:CreateServiceLinkedRole",
                f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/elasticloadbalancing.amazonaws.com/"
                "AWSServiceRoleForElasticLoadBalancing",
            ),
        ],
    ),
    (
        "elbv2",
        "register_targets",
        {"TargetGroupArn": "arn:aws:elasticloadbalancing:x", "Targets": [{"Id": "i-1"}]},
        [("elasticloadbalancing:RegisterTargets", "arn:aws:elasticloadbalancing:x")],
    ),
    (
        "elbv2",
        "describe_target_health",
        {"TargetGroupArn": "arn:x"},
        [("elasticloadbalancing:DescribeTargetHealth", "*")],
    ),
    ("elb", "describe_load_balancers", {}, [("elasticloadbalancing:DescribeLoadBalancers", "*")]),
    (
        "rds",
        "create_db_instance",
        {
            "DBInstanceIdentifier": "One",
            "DBClusterIdentifier": "c",
            "DBInstanceClass": "db.r6g.large",
            "Engine": "aurora-postgresql",
            "DBSubnetGroupName": "s",
            "MonitoringRoleArn": ROLE,
            "Tags": TAGS,
        },
        [
            ("rds:CreateDBInstance", "arn:aws:rds:P:db:one"),
            ("rds:CreateDBInstance", "arn:aws:rds:P:cluster:c"),
            ("rds:CreateDBInstance", "arn:aws:rds:P:subgrp:s"),
            ("rds:AddTagsToResource", "arn:aws:rds:P:db:one"),
            (
                "iam:CreateServiceLinkedRole",
                f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            ),
            ("iam:PassRole", ROLE),
        ],
    ),
    ("rds", "describe_db_clusters", {}, [("rds:DescribeDBClusters", "arn:aws:rds:P:cluster:*")]),
    (
        "rds",
        "create_db_cluster_snapshot",
        {"DBClusterIdentifier": "c", "DBClusterSnapshotIdentifier": "s"},
        [
            ("rds:CreateDBClusterSnapshot", "arn:aws:rds:P:cluster:c"),
            ("rds:CreateDBClusterSnapshot", "arn:aws:rds:P:cluster-snapshot:s"),
        ],
    ),
    (
        "rds",
        "describe_orderable_db_instance_options",
        {"Engine": "x"},
        [("rds:DescribeOrderableDBInstanceOptions", "*")],
    ),
    (
        "rds",
        "remove_source_identifier_from_subscription",
        {"SubscriptionName": "s", "SourceIdentifier": "d"},
        [("rds:RemoveSourceIdentifierFromSubscription", "arn:aws:rds:P:es:s")],
    ),
    (
        "rds",
        "add_tags_to_resource",
        {"ResourceName": f"arn:aws:rds:{PREFIX}:pg:p", "Tags": TAGS},
        [("rds:AddTagsToResource", "arn:aws:rds:P:pg:p")],
    ),
    (
        "autoscaling",
        "set_desired_capacity",
        {"AutoScalingGroupName": "g", "DesiredCapacity": 1},
        [("autoscaling:SetDesiredCapacity", "arn:aws:autoscaling:P:autoScalingGroup:*:autoScalingGroupName/g")],
    ),
    (
        "autoscaling",
        "create_or_update_tags",
        {"Tags": [{"ResourceId": "g", "ResourceType": "auto-scaling-group", "Key": "k", "Value": "v"}]},
        [("autoscaling:CreateOrUpdateTags", "arn:aws:autoscaling:P:autoScalingGroup:*:autoScalingGroupName/g")],
    ),
    ("autoscaling", "describe_auto_scaling_groups", {}, [("autoscaling:DescribeAutoScalingGroups", "*")]),
    (
        "autoscaling",
        "put_lifecycle_hook",
        {"AutoScalingGroupName": "g", "LifecycleHookName": "h", "RoleARN": ROLE},
        [
            ("autoscaling:PutLifecycleHook", "arn:aws:autoscaling:P:autoScalingGroup:*:autoScalingGroupName/g"),
            ("iam:PassRole", ROLE),
        ],
    ),
    (
        "sns",
        "publish_batch",
        {"TopicArn": "arn:aws:sns:x:y:t", "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]},
        [("SNS:Publish", "arn:aws:sns:x:y:t")],
    ),
    ("sns", "unsubscribe", {"SubscriptionArn": "arn:aws:sns:x:y:t:1-2"}, [("SNS:Unsubscribe", "arn:aws:sns:x:y:t")]),
    # EC2: several resources of one operation, what it makes, and tags given with it.
    ("ec2", "describe_instances", {"InstanceIds": ["i-1"]}, [("ec2:DescribeInstances", "*")]),
    ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, [("ec2:CreateVpc", "arn:aws:ec2:P:vpc/*")]),
    (
        "ec2",
        "create_subnet",
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "TagSpecifications": [{"ResourceType": "subnet", "Tags": TAGS}]},
        [
            ("ec2:CreateSubnet", "arn:aws:ec2:P:subnet/*"),
            ("ec2:CreateSubnet", "arn:aws:ec2:P:vpc/vpc-1"),
            ("ec2:CreateTags", "arn:aws:ec2:P:subnet/*"),
        ],
    ),
    (
        "ec2",
        "create_tags",
        {"Resources": ["i-1", "ami-1", "vpc-2"], "Tags": TAGS},
        [
            ("ec2:CreateTags", "arn:aws:ec2:P:instance/i-1"),
            ("ec2:CreateTags", "arn:aws:ec2:us-east-1::image/ami-1"),
            ("ec2:CreateTags", "arn:aws:ec2:P:vpc/vpc-2"),
        ],
    ),
    (
        "ec2",
        "authorize_security_group_ingress",
        {
            "GroupId": "sg-1",
            "IpPermissions": [{"IpProtocol": "tcp", "UserIdGroupPairs": [{"GroupId": "sg-2"}]}],
        },
        [("ec2:AuthorizeSecurityGroupIngress", "arn:aws:ec2:P:security-group/sg-1")],
    ),
    (
        "ec2",
        "create_vpc_endpoint",
        {"VpcId": "vpc-1", "ServiceName": "s", "RouteTableIds": ["rtb-1", "rtb-2"]},
        [
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:vpc-endpoint/*"),
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:vpc/vpc-1"),
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:route-table/rtb-1"),
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:route-table/rtb-2"),
        ],
    ),
    (
        "ec2",
        "create_vpc_endpoint",
        {"VpcId": "vpc-1", "ServiceName": "s", "VpcEndpointType": "Interface", "PrivateDnsEnabled": True},
        [
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:vpc-endpoint/*"),
            ("ec2:CreateVpcEndpoint", "arn:aws:ec2:P:vpc/vpc-1"),
            ("route53:AssociateVPCWithHostedZone", "*"),
        ],
    ),
    (
        "ec2",
        "create_flow_logs",
        {
            "ResourceType": "VPC",
            "ResourceIds": ["vpc-1"],
            "LogGroupName": "g",
            "DeliverLogsPermissionArn": ROLE,
            "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "k", "Value": "v"}]}],
        },
        [
            ("ec2:CreateFlowLogs", "arn:aws:ec2:P:vpc-flow-log/*"),
            ("ec2:CreateFlowLogs", "arn:aws:ec2:P:vpc/vpc-1"),
            ("ec2:CreateTags", "arn:aws:ec2:P:vpc-flow-log/*"),
            ("iam:PassRole", ROLE),
        ],
    ),
    (
        "ec2",
        "import_key_pair",
        {"KeyName": "n", "PublicKeyMaterial": b"x"},
        [("ec2:ImportKeyPair", "arn:aws:ec2:P:key-pair/n")],
    ),
    (
        "ec2",
        "terminate_instances",
        {"InstanceIds": ["i-1", "i-2"]},
        [
            ("ec2:TerminateInstances", "arn:aws:ec2:P:instance/i-1"),
            ("ec2:TerminateInstances", "arn:aws:ec2:P:instance/i-2"),
        ],
    ),
    (
        "ec2",
        "create_image",
        {"InstanceId": "i-1", "Name": "image"},
        [
            ("ec2:CreateImage", "arn:aws:ec2:us-east-1::image/*"),
            ("ec2:CreateImage", "arn:aws:ec2:P:instance/i-1"),
            ("ec2:CreateImage", "arn:aws:ec2:us-east-1::snapshot/*"),
        ],
    ),
    (
        "ec2",
        "run_instances",
        {
            "ImageId": "ami-1",
            "MinCount": 1,
            "MaxCount": 1,
            "KeyName": "n",
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-1", "Groups": ["sg-1"]}],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": TAGS}],
        },
        [
            ("ec2:RunInstances", "arn:aws:ec2:P:instance/*"),
            ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1"),
            ("ec2:RunInstances", "arn:aws:ec2:P:network-interface/*"),
            ("ec2:RunInstances", "arn:aws:ec2:P:security-group/sg-1"),
            ("ec2:RunInstances", "arn:aws:ec2:P:subnet/subnet-1"),
            ("ec2:RunInstances", "arn:aws:ec2:P:volume/*"),
            ("ec2:RunInstances", "arn:aws:ec2:P:key-pair/n"),
            ("ec2:CreateTags", "arn:aws:ec2:P:instance/*"),
        ],
    ),
    # JSON protocol.
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "estate/none"},
        [("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:P:secret:estate/none-??????")],
    ),
    (
        "secretsmanager",
        "create_secret",
        {"Name": "n", "SecretString": "s", "Tags": TAGS},
        [
            ("secretsmanager:CreateSecret", "arn:aws:secretsmanager:P:secret:n-??????"),
            ("secretsmanager:TagResource", "arn:aws:secretsmanager:P:secret:n-??????"),
        ],
    ),
    ("secretsmanager", "list_secrets", {}, [("secretsmanager:ListSecrets", "*")]),
    ("ssm", "get_parameter", {"Name": "/a/b:3"}, [("ssm:GetParameter", "arn:aws:ssm:P:parameter/a/b")]),
    ("ssm", "get_parameter", {"Name": "plain"}, [("ssm:GetParameter", "arn:aws:ssm:P:parameter/plain")]),
    (
        "ssm",
        "get_parameters",
        {"Names": ["/a", "/aws/service/debian/x"]},
        [
            ("ssm:GetParameters", "arn:aws:ssm:P:parameter/a"),
            ("ssm:GetParameters", "arn:aws:ssm:us-east-1::parameter/aws/service/debian/x"),
        ],
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "/aws/reference/secretsmanager/estate/none", "WithDecryption": True},
        [
            ("ssm:GetParameter", "arn:aws:ssm:P:parameter/aws/reference/secretsmanager/estate/none"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:P:secret:estate/none-??????"),
        ],
    ),
    ("ssm", "get_parameters_by_path", {"Path": "/a/"}, [("ssm:GetParametersByPath", "arn:aws:ssm:P:parameter/a/")]),
    (
        "ssm",
        "put_parameter",
        {"Name": "/a", "Value": "v", "Type": "String", "Tags": TAGS},
        [("ssm:PutParameter", "arn:aws:ssm:P:parameter/a"), ("ssm:AddTagsToResource", "arn:aws:ssm:P:parameter/a")],
    ),
    (
        "ssm",
        "add_tags_to_resource",
        {"ResourceType": "Parameter", "ResourceId": "/a", "Tags": TAGS},
        [("ssm:AddTagsToResource", "arn:aws:ssm:P:parameter/a")],
    ),
    (
        "ssm",
        "start_session",
        {"Target": "i-1"},
        [("ssm:StartSession", "*"), ("ssm:StartSession", "arn:aws:ec2:P:instance/i-1")],
    ),
    (
        "logs",
        "create_log_stream",
        {"logGroupName": "/g", "logStreamName": "s"},
        [
            ("logs:CreateLogStream", "arn:aws:logs:P:log-group:/g:log-stream:s"),
        ],
    ),
    (
        "logs",
        "describe_log_streams",
        {"logGroupName": "/g"},
        [("logs:DescribeLogStreams", "arn:aws:logs:P:log-group:/g:log-stream:")],
    ),
    ("logs", "describe_log_groups", {}, [("logs:DescribeLogGroups", "arn:aws:logs:P:log-group::log-stream:")]),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "/g", "tags": {"k": "v"}},
        [
            ("logs:CreateLogGroup", "arn:aws:logs:P:log-group:/g:log-stream:"),
            ("logs:TagResource", "arn:aws:logs:P:log-group:/g"),
        ],
    ),
    (
        "logs",
        "tag_resource",
        {"resourceArn": f"arn:aws:logs:{PREFIX}:log-group:/g:*", "tags": {"k": "v"}},
        [("logs:TagResource", "arn:aws:logs:P:log-group:/g")],
    ),
    (
        "kms",
        "create_key",
        {"Tags": [{"TagKey": "k", "TagValue": "v"}]},
        [("kms:CreateKey", "*"), ("kms:TagResource", "*")],
    ),
    ("kms", "list_aliases", {}, [("kms:ListAliases", "*")]),
    ("kms", "describe_key", {"KeyId": "alias/is-not-there"}, []),
    (
        "events",
        "put_targets",
        {"Rule": "r", "Targets": [{"Id": "1", "Arn": "arn:x", "RoleArn": ROLE}]},
        [("events:PutTargets", "arn:aws:events:P:rule/r"), ("iam:PassRole", ROLE)],
    ),
    (
        "events",
        "put_rule",
        {"Name": "r", "EventBusName": "b", "EventPattern": "{}"},
        [("events:PutRule", "arn:aws:events:P:rule/b/r")],
    ),
    ("acm", "request_certificate", {"DomainName": "d.example"}, [("acm:RequestCertificate", "*")]),
    (
        "acm",
        "import_certificate",
        {"Certificate": b"c", "PrivateKey": b"k", "Tags": TAGS},
        [
            ("acm:ImportCertificate", "arn:aws:acm:P:certificate/*"),
            ("acm:AddTagsToCertificate", "arn:aws:acm:P:certificate/*"),
        ],
    ),
    (
        "cloudwatch",
        "put_metric_data",
        {"Namespace": "n", "MetricData": [{"MetricName": "m"}]},
        [("cloudwatch:PutMetricData", "*")],
    ),
    (
        "cloudwatch",
        "put_dashboard",
        {"DashboardName": "d", "DashboardBody": "{}"},
        [("cloudwatch:PutDashboard", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d")],
    ),
    ("resourcegroupstaggingapi", "get_resources", {}, [("tag:GetResources", "*")]),
    ("service-quotas", "list_service_quotas", {"ServiceCode": "vpc"}, [("servicequotas:ListServiceQuotas", "*")]),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "http://h/123456789012/q", "MessageBody": "m"},
        [("sqs:SendMessage", "arn:aws:sqs:P:q")],
    ),
    # REST protocols: by method and path.
    ("backup", "get_backup_plan", {"BackupPlanId": "p"}, [("backup:GetBackupPlan", "arn:aws:backup:P:backup-plan:p")]),
    ("backup", "describe_region_settings", {}, [("backup:DescribeRegionSettings", "*")]),
    (
        "backup",
        "create_backup_vault",
        {"BackupVaultName": "v", "BackupVaultTags": {"k": "v"}},
        [
            ("backup:CreateBackupVault", "arn:aws:backup:P:backup-vault:v"),
            ("backup:TagResource", "arn:aws:backup:P:backup-vault:v"),
            ("backup-storage:MountCapsule", "*"),
        ],
    ),
    (
        "backup",
        "create_backup_selection",
        {"BackupPlanId": "p", "BackupSelection": {"SelectionName": "s", "IamRoleArn": ROLE}},
        [("backup:CreateBackupSelection", "arn:aws:backup:P:backup-plan:p"), ("iam:PassRole", ROLE)],
    ),
    (
        "dlm",
        "create_lifecycle_policy",
        {"ExecutionRoleArn": ROLE, "Description": "d", "State": "ENABLED", "PolicyDetails": {}},
        [("dlm:CreateLifecyclePolicy", "*"), ("iam:PassRole", ROLE)],
    ),
    (
        "dlm",
        "get_lifecycle_policy",
        {"PolicyId": "policy-1"},
        [("dlm:GetLifecyclePolicy", "arn:aws:dlm:P:policy/policy-1")],
    ),
    (
        "devops-guru",
        "update_resource_collection",
        {"Action": "ADD", "ResourceCollection": {"Tags": [{"AppBoundaryKey": "devops-guru-x", "TagValues": ["v"]}]}},
        [
            ("devops-guru:UpdateResourceCollection", "*"),
            (
                "iam:CreateServiceLinkedRole",
                f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/devops-guru.amazonaws.com/AWSServiceRoleForDevOpsGuru",
            ),
        ],
    ),
    (
        "route53",
        "change_resource_record_sets",
        {
            "HostedZoneId": "/hostedzone/Z1",
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {
                            "Name": "a",
                            "Type": "A",
                            "TTL": 1,
                            "ResourceRecords": [{"Value": "1.2.3.4"}],
                        },
                    }
                ]
            },
        },
        [("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1")],
    ),
    ("route53", "list_hosted_zones_by_name", {}, [("route53:ListHostedZonesByName", "*")]),
    (
        "route53",
        "list_tags_for_resource",
        {"ResourceType": "hostedzone", "ResourceId": "Z1"},
        [
            ("route53:ListTagsForResource", "arn:aws:route53:::hostedzone/Z1"),
        ],
    ),
    ("s3", "list_buckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "create_bucket", {"Bucket": "b"}, [("s3:CreateBucket", "arn:aws:s3:::b")]),
    ("s3", "head_bucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": "p"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("s3", "put_object", {"Bucket": "b", "Key": "k/l", "Body": b"x"}, [("s3:PutObject", "arn:aws:s3:::b/k/l")]),
    ("s3", "get_object", {"Bucket": "b", "Key": "k", "VersionId": "1"}, [("s3:GetObjectVersion", "arn:aws:s3:::b/k")]),
    (
        "s3",
        "copy_object",
        {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "from", "Key": "old/key"}},
        [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::from/old/key")],
    ),
    (
        "s3",
        "upload_part",
        {"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"x"},
        [("s3:PutObject", "arn:aws:s3:::b/k")],
    ),
    (
        "s3",
        "put_public_access_block",
        {"Bucket": "b", "PublicAccessBlockConfiguration": {}},
        [
            ("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::b"),
        ],
    ),
    ("s3", "get_bucket_encryption", {"Bucket": "b"}, [("s3:GetEncryptionConfiguration", "arn:aws:s3:::b")]),
    (
        "s3",
        "delete_objects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}},
        [("s3:DeleteObject", "arn:aws:s3:::b/*")],
    ),
    # A service that has no file of its own.
    ("dynamodb", "list_tables", {}, [("dynamodb:ListTables", "*")]),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    TEST_NEEDS,
    ids=[f"{service}-{operation}-{number}" for number, (service, operation, *_) in enumerate(TEST_NEEDS)],
)
def test_needs(
    server: ApiServer, service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert server.listeners, "the backends are the server's"
    found = needs(service, operation, **parameters)
    wanted = [need for need in expected if need[0] != "iam:CreateServiceLinkedRole"]
    # A service-linked role is needed once: whether it is there already depends on the tests before.
    assert [need for need in found if need[0] != "iam:CreateServiceLinkedRole"] == wanted
    assert [need for need in found if need not in wanted] in ([], [item for item in expected if item not in wanted])
