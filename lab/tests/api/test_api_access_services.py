# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What services ask of IAM besides their own actions: keys, roles, tags, policies of resources."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
import requests
from nodeops_lab.api import backends

from ..expectations import until

if TYPE_CHECKING:
    from conftest import Network, Someone, Template

Clients = Callable[[str], Any]
People = Callable[..., "Someone"]
Templates = Callable[..., "Template"]
ACCOUNT = "123456789012"
REGION = "us-east-1"


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Return code and message of a call that must be refused."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def document(*statements: dict[str, Any]) -> str:
    full = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def key(client: Clients) -> str:
    """The ARN of a new key with AWS's default policy."""
    return str(client("kms").create_key()["KeyMetadata"]["Arn"])


def via(service: str) -> dict[str, Any]:
    return {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}


def test_a_secret_needs_its_key(instance_role: People, client: Clients, key: str) -> None:
    name = unique("estate/secret")
    arn = client("secretsmanager").create_secret(Name=name, SecretString="value", KmsKeyId=key)["ARN"]
    read = {"Action": "secretsmanager:GetSecretValue", "Resource": arn}
    decrypt = {"Action": "kms:Decrypt", "Resource": key}
    without = instance_role(read).client("secretsmanager")
    assert refused(without.get_secret_value, SecretId=name) == ("AccessDeniedException", "Access to KMS is not allowed")
    other = instance_role(read, {**decrypt, "Condition": via("ssm")}).client("secretsmanager")
    assert refused(other.get_secret_value, SecretId=name)[1] == "Access to KMS is not allowed"
    context = {"StringEquals": {"kms:EncryptionContext:SecretARN": arn}, **via("secretsmanager")}
    context["StringEquals"]["kms:ViaService"] = f"secretsmanager.{REGION}.amazonaws.com"
    allowed = instance_role(read, {**decrypt, "Condition": context}).client("secretsmanager")
    assert allowed.get_secret_value(SecretId=name)["SecretString"] == "value"
    # The key is of no use by itself: the condition is about who uses it.
    code, _message = refused(instance_role({**decrypt, "Condition": context}).client("kms").describe_key, KeyId=key)
    assert code == "AccessDeniedException"


def test_writing_a_secret_needs_its_key(user: People, key: str) -> None:
    write = {"Action": ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"]}
    uses = {"Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key}
    options = {"Name": unique("written"), "SecretString": "value", "KmsKeyId": key}
    assert refused(user(write).client("secretsmanager").create_secret, **options)[1] == "Access to KMS is not allowed"
    someone = user(write, uses).client("secretsmanager")
    someone.create_secret(**options)
    someone.put_secret_value(SecretId=options["Name"], SecretString="other")


def test_a_keys_policy_decides_before_iam(user: People, client: Clients) -> None:
    """Without the account among its principals, a key ignores IAM (KMS developer guide, "Default key policy")."""
    someone = user({"Action": "kms:*"})
    only = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}, "Action": "kms:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**only, "Resource": "*"}]})
    locked = client("kms").create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
    code, message = refused(someone.client("kms").describe_key, KeyId=locked)
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the kms:DescribeKey action")


def test_keys_by_alias_ciphertext_and_grant(user: People, client: Clients, key: str) -> None:
    alias = f"alias/{unique('k')}"
    client("kms").create_alias(AliasName=alias, TargetKeyId=key)
    encrypts = user({"Action": "kms:Encrypt", "Resource": key}).client("kms")
    blob = encrypts.encrypt(KeyId=alias, Plaintext=b"text")["CiphertextBlob"]
    assert refused(encrypts.decrypt, CiphertextBlob=blob)[1].endswith(
        f"kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"
    )
    granted = user()
    client("kms").create_grant(KeyId=key, GranteePrincipal=granted.arn, Operations=["Decrypt"])
    assert granted.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"
    assert refused(granted.client("kms").encrypt, KeyId=key, Plaintext=b"text")[0] == "AccessDeniedException"


def test_an_alias_needs_permission_on_both_its_ends(user: People, key: str) -> None:
    alias = f"alias/{unique('k')}"
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:{alias}"
    for resource in (key, arn):
        half = user({"Action": "kms:CreateAlias", "Resource": resource}).client("kms")
        assert refused(half.create_alias, AliasName=alias, TargetKeyId=key)[0] == "AccessDeniedException"
    user({"Action": "kms:CreateAlias", "Resource": [key, arn]}).client("kms").create_alias(
        AliasName=alias, TargetKeyId=key
    )


def test_secure_parameters_need_their_key(user: People, client: Clients, key: str) -> None:
    name = f"/{unique('secure')}"
    client("ssm").put_parameter(Name=name, Value="v", Type="SecureString", KeyId=key)
    parameters = user({"Action": "ssm:*"}).client("ssm")
    parameters.get_parameter(Name=name)
    code, message = refused(parameters.get_parameter, Name=name, WithDecryption=True)
    assert (code, "kms:Decrypt on resource" in message) == ("AccessDeniedException", True)
    both = user({"Action": "ssm:*"}, {"Action": "kms:Decrypt", "Condition": via("ssm")}).client("ssm")
    assert both.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "v"
    assert refused(both.put_parameter, Name=f"{name}2", Value="v", Type="SecureString", KeyId=key)[0] == (
        "AccessDeniedException"
    )


def test_log_groups_need_a_key_that_names_the_service(client: Clients, key: str) -> None:
    logs, group = client("logs"), f"/{unique('group')}"
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    code, message = refused(logs.create_log_group, logGroupName=group, kmsKeyId=key)
    assert code == "InvalidParameterException"
    assert message == f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"}
    policy = {"Version": "2012-10-17", "Statement": [statement, {**account, "Resource": "*"}]}
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    logs.create_log_group(logGroupName=group, kmsKeyId=key)


def test_a_database_needs_its_key(user: People, key: str) -> None:
    options = {
        "DBClusterIdentifier": unique("c"),
        "Engine": "aurora-postgresql",
        "MasterUsername": "master",
        "MasterUserPassword": "a-long-password",
        "StorageEncrypted": True,
        "KmsKeyId": key,
    }
    roles = {"Action": "iam:CreateServiceLinkedRole"}
    without = user({"Action": "rds:*"}, roles).client("rds")
    assert refused(without.create_db_cluster, **options)[0] == "KMSKeyNotAccessibleFault"
    grant = {"Action": "kms:CreateGrant", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
    user({"Action": "rds:*"}, roles, grant, {"Action": "kms:DescribeKey"}).client("rds").create_db_cluster(**options)


def test_resource_policies_of_secrets(instance_role: People, client: Clients) -> None:
    someone, manager, name = instance_role(), client("secretsmanager"), unique("shared")
    arn = manager.create_secret(Name=name, SecretString="value")["ARN"]
    role = f"arn:aws:iam::{ACCOUNT}:role/{someone.name}"
    allow = {"Principal": {"AWS": role}, "Action": "secretsmanager:GetSecretValue"}
    manager.put_resource_policy(SecretId=arn, ResourcePolicy=document(allow))
    assert someone.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "value"
    deny = {"Principal": "*", "Action": "secretsmanager:GetSecretValue", "Effect": "Deny"}
    manager.put_resource_policy(SecretId=arn, ResourcePolicy=document(allow, deny))
    _code, message = refused(someone.client("secretsmanager").get_secret_value, SecretId=arn)
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_resource_policies_of_topics(user: People, client: Clients) -> None:
    someone, sns = user(), client("sns")
    arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    assert refused(someone.client("sns").publish, TopicArn=arn, Message="m")[0] == "AuthorizationError"
    allow = {"Principal": {"AWS": someone.arn}, "Action": "SNS:Publish", "Resource": arn}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(allow))
    someone.client("sns").publish(TopicArn=arn, Message="m")


def test_resource_policies_of_buckets(client: Clients, endpoint: str) -> None:
    s3, name = client("s3"), unique("bucket")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="public/k", Body=b"content")
    s3.put_object(Bucket=name, Key="private/k", Body=b"content")
    allow = {"Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/public/*"}
    s3.put_bucket_policy(Bucket=name, Policy=document(allow))
    assert requests.get(f"{endpoint}/{name}/public/k", timeout=10).content == b"content"
    assert requests.get(f"{endpoint}/{name}/private/k", timeout=10).status_code == 403


def test_passing_a_role_to_an_instance(user: People, client: Clients, network: Network, image: str) -> None:
    iam, name = client("iam"), unique("passed")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document({"Action": "sts:AssumeRole"}))["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    options = {
        "ImageId": image,
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": network.public[0],
        "IamInstanceProfile": {"Name": name},
    }
    run = {"Action": "ec2:RunInstances"}
    code, message = refused(user(run).client("ec2").run_instances, **options)
    assert code == "UnauthorizedOperation"
    assert f"not authorized to perform: iam:PassRole on resource: {arn} because no identity" in message
    for service, allowed in (("ecs-tasks.amazonaws.com", False), ("ec2.amazonaws.com", True)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        someone = user(run, {"Action": "iam:PassRole", "Resource": arn, "Condition": condition}).client("ec2")
        if allowed:
            someone.run_instances(**options)
        else:
            assert refused(someone.run_instances, **options)[0] == "UnauthorizedOperation"


def test_tags_of_resources_and_requests(user: People, client: Clients, network: Network) -> None:
    """EC2 user guide, "Control access using attribute-based access": each resource has its own tags."""
    ours = {"Tags": [{"Key": "Estate", "Value": "ours"}]}
    create = {
        "Action": ["ec2:CreateSecurityGroup", "ec2:CreateTags"],
        "Resource": f"arn:aws:ec2:*:{ACCOUNT}:security-group/*",
        "Condition": {"StringEquals": {"aws:RequestTag/estate": "ours"}},
    }
    in_vpc = {"Action": "ec2:CreateSecurityGroup", "Resource": f"arn:aws:ec2:*:{ACCOUNT}:vpc/{network.vpc_id}"}
    delete = {
        "Action": "ec2:DeleteSecurityGroup",
        "Condition": {"StringEquals": {"aws:ResourceTag/Estate": "${aws:PrincipalTag/estate}"}},
    }
    someone = user(create, in_vpc, delete, Tags=[{"Key": "estate", "Value": "ours"}]).client("ec2")
    options = {"VpcId": network.vpc_id, "Description": "d"}
    assert refused(someone.create_security_group, GroupName="untagged", **options)[0] == "UnauthorizedOperation"
    specification = [{"ResourceType": "security-group", **ours}]
    made = someone.create_security_group(GroupName="tagged", TagSpecifications=specification, **options)["GroupId"]
    assert refused(someone.delete_security_group, GroupId=network.group_id)[0] == "UnauthorizedOperation"
    someone.delete_security_group(GroupId=made)


def test_tagging_only_while_creating(user: People, client: Clients, network: Network) -> None:
    """EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation"."""
    creating = {"Action": "ec2:CreateTags", "Condition": {"StringEquals": {"ec2:CreateAction": "CreateVpc"}}}
    someone = user({"Action": "ec2:CreateVpc"}, creating).client("ec2")
    tags = [{"Key": "k", "Value": "v"}]
    vpc_id = someone.create_vpc(CidrBlock="10.251.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])[
        "Vpc"
    ]["VpcId"]
    assert refused(someone.create_tags, Resources=[network.vpc_id], Tags=tags)[0] == "UnauthorizedOperation"
    client("ec2").delete_vpc(VpcId=vpc_id)


TEST_TAGGED: list[tuple[str, str]] = [
    ("secretsmanager", "aws:ResourceTag/estate"),
    ("secretsmanager", "secretsmanager:ResourceTag/estate"),
    ("ssm", "aws:ResourceTag/estate"),
    ("kms", "aws:ResourceTag/estate"),
    ("logs", "aws:ResourceTag/estate"),
    ("sns", "aws:ResourceTag/estate"),
    ("rds", "aws:ResourceTag/estate"),
    ("iam", "aws:ResourceTag/estate"),
    ("backup", "aws:ResourceTag/estate"),
    ("cloudwatch", "aws:ResourceTag/estate"),
    ("events", "aws:ResourceTag/estate"),
    ("elbv2", "aws:ResourceTag/estate"),
]


def tagged(service: str, client: Clients, network: Network, value: str) -> tuple[str, dict[str, Any]]:
    """Make a resource with the tag estate; return the operation that reads it and its parameters."""
    tags, name, call = [{"Key": "estate", "Value": value}], unique("tagged"), client(service)
    if service == "secretsmanager":
        call.create_secret(Name=name, SecretString="s", Tags=tags)
        return "get_secret_value", {"SecretId": name}
    if service == "ssm":
        call.put_parameter(Name=f"/{name}", Value="v", Type="String", Tags=tags)
        return "get_parameter", {"Name": f"/{name}"}
    if service == "kms":
        made = call.create_key(Tags=[{"TagKey": "estate", "TagValue": value}])["KeyMetadata"]["KeyId"]
        return "describe_key", {"KeyId": made}
    if service == "logs":
        call.create_log_group(logGroupName=name, tags={"estate": value})
        return "describe_log_streams", {"logGroupName": name}
    if service == "sns":
        return "get_topic_attributes", {"TopicArn": call.create_topic(Name=name, Tags=tags)["TopicArn"]}
    if service == "rds":
        call.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql16", Description="d", Tags=tags
        )
        return "describe_db_cluster_parameters", {"DBClusterParameterGroupName": name}
    if service == "iam":
        call.create_role(RoleName=name, AssumeRolePolicyDocument=document({"Action": "sts:AssumeRole"}), Tags=tags)
        return "get_role", {"RoleName": name}
    if service == "backup":
        call.create_backup_vault(BackupVaultName=name, BackupVaultTags={"estate": value})
        return "describe_backup_vault", {"BackupVaultName": name}
    if service == "cloudwatch":
        call.put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Statistic="Sum",
            Threshold=1.0,
            Tags=tags,
        )
        return "describe_alarms", {"AlarmNames": [name]}
    if service == "events":
        call.put_rule(Name=name, EventPattern='{"source": ["aws.ec2"]}', Tags=tags)
        return "describe_rule", {"Name": name}
    made = call.create_target_group(
        Name=name, Protocol="HTTPS", Port=443, TargetType="ip", VpcId=network.vpc_id, Tags=tags
    )
    return "modify_target_group", {"TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}


@pytest.mark.parametrize(("service", "condition"), TEST_TAGGED)
def test_tags_of_each_service(user: People, client: Clients, network: Network, service: str, condition: str) -> None:
    someone = user({"Action": "*", "Condition": {"StringEquals": {condition: "ours"}}}).client(service)
    operation, theirs = tagged(service, client, network, "theirs")
    code, _message = refused(getattr(someone, operation), **theirs)
    assert code in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
    _operation, ours = tagged(service, client, network, "ours")
    getattr(someone, operation)(**ours)


def test_a_group_needs_what_its_launch_template_launches(
    user: People, client: Clients, network: Network, template: Templates
) -> None:
    """Auto Scaling user guide, "Control Amazon EC2 launch template usage in Auto Scaling groups"."""
    iam, name = client("iam"), unique("group")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document({"Action": "sts:AssumeRole"}))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    made = template(IamInstanceProfile={"Name": name})
    options = {
        "AutoScalingGroupName": name,
        "MinSize": 0,
        "MaxSize": 1,
        "LaunchTemplate": {"LaunchTemplateName": made.name, "Version": "$Latest"},
        "VPCZoneIdentifier": network.private[0],
    }
    groups = {"Action": ["autoscaling:CreateAutoScalingGroup", "iam:CreateServiceLinkedRole"]}
    expected = ("AccessDenied", f"You are not authorized to use launch template: {made.name}")
    run, passing = {"Action": "ec2:RunInstances"}, {"Action": "iam:PassRole"}
    elsewhere = {**run, "Effect": "Deny", "Resource": f"arn:aws:ec2:*:*:subnet/{network.private[0]}"}
    for statements in ([groups], [groups, run], [groups, passing], [groups, run, passing, elsewhere]):
        assert refused(user(*statements).client("autoscaling").create_auto_scaling_group, **options) == expected
    user(groups, run, passing).client("autoscaling").create_auto_scaling_group(**options)
    client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def test_a_launch_is_allowed_by_the_network(user: People, network: Network, image: str) -> None:
    """Service authorization reference: RunInstances has ec2:Vpc for its subnet and its security groups."""
    options = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": network.public[0]}
    options["SecurityGroupIds"] = [network.group_id]
    made = [f"arn:aws:ec2:*:*:{kind}/*" for kind in ("instance", "network-interface", "volume")]
    anything_else = {"Action": "ec2:RunInstances", "Resource": [*made, "arn:aws:ec2:*::image/*"]}
    for vpc, allowed in (("vpc-1", False), (network.vpc_id, True)):
        within = {
            "Action": "ec2:RunInstances",
            "Resource": ["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:security-group/*"],
            "Condition": {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/{vpc}"}},
        }
        someone = user(anything_else, within).client("ec2")
        if allowed:
            someone.run_instances(**options)
        else:
            assert refused(someone.run_instances, **options)[0] == "UnauthorizedOperation"


def test_an_instance_reports_its_own_health_only(
    client: Clients, network: Network, template: Templates, instance_role: People
) -> None:
    """Instances may be named to operations whose resource is their group."""
    names = [unique("group"), unique("group")]
    groups = client("autoscaling")
    for name in names:
        groups.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=1,
            MaxSize=1,
            LaunchTemplate={"LaunchTemplateName": template().name},
            VPCZoneIdentifier=network.private[0],
        )

    def instances_of_groups() -> dict[str, str] | None:
        described = groups.describe_auto_scaling_groups(AutoScalingGroupNames=names)["AutoScalingGroups"]
        if not all(group["Instances"] for group in described):
            return None
        return {group["AutoScalingGroupName"]: group["Instances"][0]["InstanceId"] for group in described}

    instances = until(instances_of_groups)
    resource = f"arn:aws:autoscaling:*:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/{names[0]}"
    someone = instance_role({"Action": "autoscaling:SetInstanceHealth", "Resource": resource}).client("autoscaling")
    someone.set_instance_health(InstanceId=instances[names[0]], HealthStatus="Healthy")
    code, _message = refused(someone.set_instance_health, InstanceId=instances[names[1]], HealthStatus="Unhealthy")
    assert code == "AccessDenied"
    for name in names:
        groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


@pytest.mark.patch("iam.service_linked_role_names")
def test_the_first_use_of_a_service_makes_its_role(user: People, client: Clients) -> None:
    """Elastic Load Balancing user guide, "Service-linked role": made with the caller's permission."""
    iam, name = client("iam"), "AWSServiceRoleForElasticLoadBalancing"
    with backends.LOCK:
        for identifier, role in list(backends.iam().roles.items()):
            if role.name == name:
                del backends.iam().roles[identifier]
    defaults = client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    subnets = [subnet["SubnetId"] for subnet in defaults[:2]]
    options = {"Name": unique("balancer"), "Subnets": subnets, "Type": "network", "Scheme": "internal"}
    create = {"Action": ["ec2:DescribeAccountAttributes", "elasticloadbalancing:CreateLoadBalancer"]}
    code, message = refused(user(create).client("elbv2").create_load_balancer, **options)
    assert (code, "iam:CreateServiceLinkedRole" in message) == ("AccessDenied", True)
    condition = {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}
    someone = user(create, {"Action": "iam:CreateServiceLinkedRole", "Condition": condition}).client("elbv2")
    someone.create_load_balancer(**options)
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Path"] == "/aws-service-role/elasticloadbalancing.amazonaws.com/"
    # From now on nobody needs to make it.
    user(create).client("elbv2").create_load_balancer(**{**options, "Name": unique("balancer")})
    balancers = client("elbv2")
    for made in balancers.describe_load_balancers()["LoadBalancers"]:
        balancers.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


def test_conditions_on_the_request(user: People, endpoint: str) -> None:
    office = {"Action": "ssm:*", "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}
    elsewhere = {"Action": "ssm:*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    user(office).client("ssm").describe_parameters()
    assert refused(user(elsewhere).client("ssm").describe_parameters)[0] == "AccessDeniedException"
    region = {"Action": "ssm:*", "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}}}
    someone = user(region)
    someone.client("ssm").describe_parameters()
    abroad = someone.session.client("ssm", endpoint_url=endpoint, region_name="eu-west-1")
    assert refused(abroad.describe_parameters)[0] == "AccessDeniedException"


def test_an_instance_is_known_by_its_role(instance_role: People) -> None:
    instance = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"
    mine = {"Action": "ssm:*", "Condition": {"ArnEquals": {"ec2:SourceInstanceARN": instance}}}
    other = {"Action": "ssm:*", "Condition": {"ArnEquals": {"ec2:SourceInstanceARN": f"{instance}1"}}}
    instance_role(mine).client("ssm").describe_parameters()
    assert refused(instance_role(other).client("ssm").describe_parameters)[0] == "AccessDeniedException"


@pytest.mark.patch("iam.simulation")
def test_simulation(user: People, client: Clients) -> None:
    iam = client("iam")
    someone = user(
        {
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bucket/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {"Action": "iam:*", "Effect": "Deny"},
    )

    def decisions(**options: Any) -> list[tuple[str, str, str]]:
        answer = iam.simulate_principal_policy(PolicySourceArn=someone.arn, **options)
        return [
            (result["EvalActionName"], result["EvalResourceName"], result["EvalDecision"])
            for result in answer["EvaluationResults"]
        ]

    secure = {"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}
    resources = ["arn:aws:s3:::bucket/key", "arn:aws:s3:::other/key"]
    assert decisions(
        ActionNames=["s3:GetObject", "iam:ListRoles"], ResourceArns=resources, ContextEntries=[secure]
    ) == [
        ("s3:GetObject", resources[0], "allowed"),
        ("s3:GetObject", resources[1], "implicitDeny"),
        ("iam:ListRoles", resources[0], "explicitDeny"),
        ("iam:ListRoles", resources[1], "explicitDeny"),
    ]
    result = iam.simulate_principal_policy(
        PolicySourceArn=someone.arn, ActionNames=["s3:GetObject"], ResourceArns=resources[:1]
    )["EvaluationResults"][0]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:SecureTransport"])
    more = document({"Action": "ssm:GetParameter"})
    assert decisions(ActionNames=["ssm:GetParameter"], PolicyInputList=[more]) == [("ssm:GetParameter", "*", "allowed")]
    assert decisions(
        ActionNames=["ssm:GetParameter"],
        PolicyInputList=[more],
        PermissionsBoundaryPolicyInputList=[document({"Action": "s3:*"})],
    ) == [("ssm:GetParameter", "*", "implicitDeny")]
    custom = iam.simulate_custom_policy(PolicyInputList=[more], ActionNames=["ssm:GetParameter", "ssm:PutParameter"])
    assert [item["EvalDecision"] for item in custom["EvaluationResults"]] == ["allowed", "implicitDeny"]
    missing = f"arn:aws:iam::{ACCOUNT}:user/is-not-there"
    assert (
        refused(iam.simulate_principal_policy, PolicySourceArn=missing, ActionNames=["s3:GetObject"])[0]
        == "NoSuchEntity"
    )
