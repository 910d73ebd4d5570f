# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was changed behind the estate's back: check mode reports it and changes nothing, and a run mends it.

Where nothing was changed but tags that are not the estate's, neither reports anything. Last, since the estates of the
other tests are changed here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from deployments import Deployed
from others import TAGGED, THEIRS, tag_everything
from readers import READERS, TAG, Look
from region import Region, Run

pytestmark = [pytest.mark.variant("usual"), pytest.mark.variant("chosen")]

ESTATE = "usual"
GROUP = f"{ESTATE}-database-postgresql17"
Shown = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Drift:
    """A change, and the task that reports and mends it."""

    happen: Callable[[Region], object]
    task: str


def by_name(region: Region, operation: str, key: str, identity: str, name: str) -> str:
    """Return the id of something in EC2 by its Name tag."""
    answer = getattr(region.client("ec2"), operation)(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return str(answer[key][0][identity])


def open_ssh(region: Region) -> None:
    """Let everybody reach the nodes' SSH servers."""
    ec2 = region.client("ec2")
    answer = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{ESTATE}-node"]}])
    ec2.authorize_security_group_ingress(
        GroupId=answer["SecurityGroups"][0]["GroupId"],
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
    )


def lose_route(region: Region) -> None:
    """Cut a private subnet off its NAT gateway."""
    table = by_name(region, "describe_route_tables", "RouteTables", "RouteTableId", f"{ESTATE}-private-1")
    region.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


def lose_subnet_tag(region: Region) -> None:
    """Take the name off a subnet. The estate's tag is what the operator's permission hangs on: who lost that, asks the
    administrator, and the run says so."""
    subnet = by_name(region, "describe_subnets", "Subnets", "SubnetId", f"{ESTATE}-private-2")
    region.client("ec2").delete_tags(Resources=[subnet], Tags=[{"Key": "Name"}])


def lose_secret_tag(region: Region) -> None:
    """Take the estate's tag off a secret."""
    region.client("secretsmanager").untag_resource(SecretId=f"{ESTATE}/keystore", TagKeys=[TAG])


def stop_rotation(region: Region) -> None:
    """Rotate the key no more."""
    kms = region.client("kms")
    kms.disable_key_rotation(KeyId=kms.describe_key(KeyId=f"alias/{ESTATE}")["KeyMetadata"]["KeyId"])


def close_key(region: Region) -> None:
    """Edit the key's policy: let no service write to the topics with it."""
    kms = region.client("kms")
    key = kms.describe_key(KeyId=f"alias/{ESTATE}")["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "ServicesWriteToTheTopics"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def widen_policy(region: Region) -> None:
    """Let the nodes read every secret."""
    everything = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    region.client("iam").put_role_policy(
        RoleName=f"{ESTATE}-node-{region.name}",
        PolicyName=f"{ESTATE}-node",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


def allow_by_hand(region: Region) -> None:
    """Write a further policy into the roles of node and bastion."""
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    for kind in ("bastion", "node"):
        region.client("iam").put_role_policy(
            RoleName=f"{ESTATE}-{kind}-{region.name}",
            PolicyName="by-hand",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
        )


def lose_network_settings(region: Region) -> None:
    """Take its name and the names of its hosts from the network. For the estate's tag see above."""
    ec2, network = region.client("ec2"), by_name(region, "describe_vpcs", "Vpcs", "VpcId", f"{ESTATE}-network")
    ec2.modify_vpc_attribute(VpcId=network, EnableDnsHostnames={"Value": False})
    ec2.delete_tags(Resources=[network], Tags=[{"Key": "Name"}])


def lose_way_to_s3(region: Region) -> None:
    """Lead a private subnet to S3 through its NAT gateway."""
    endpoint = by_name(region, "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", f"{ESTATE}-s3")
    table = by_name(region, "describe_route_tables", "RouteTables", "RouteTableId", f"{ESTATE}-private-1")
    region.client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[table])


def keep_logs_a_day(region: Region) -> None:
    """Keep the nodes' logs for a day."""
    region.client("logs").put_retention_policy(logGroupName=f"/{ESTATE}/node", retentionInDays=1)


def take_plain_connections(region: Region) -> None:
    """Let the database take connections without TLS."""
    parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    region.client("rds").modify_db_cluster_parameter_group(DBClusterParameterGroupName=GROUP, Parameters=[parameter])


def keep_backups_a_day(region: Region) -> None:
    """Keep backups for a day, and let the database be deleted."""
    region.client("rds").modify_db_cluster(
        DBClusterIdentifier=f"{ESTATE}-database",
        BackupRetentionPeriod=1,
        DeletionProtection=False,
        ApplyImmediately=True,
    )


def note_final_snapshot(region: Region) -> None:
    """Note, as an interrupted removal does, that the final snapshot is there: once nodes write again, it is not."""
    rds = region.client("rds")
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=f"{ESTATE}-database")["DBClusters"]
    tags = [{"Key": "nodeops:final-snapshot", "Value": f"{ESTATE}-2-46-0-final-20261128093000"}]
    rds.add_tags_to_resource(ResourceName=cluster["DBClusterArn"], Tags=tags)


def enlarge_group(region: Region) -> None:
    """Let there be a third node, which the lease does not know."""
    region.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=f"{ESTATE}-node", MaxSize=3)


def take_old_metadata(region: Region) -> None:
    """Let new nodes answer metadata requests without a token."""
    ec2 = region.client("ec2")
    newest = ec2.describe_launch_template_versions(LaunchTemplateName=f"{ESTATE}-node", Versions=["$Latest"])
    data = newest["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    data["MetadataOptions"] = {**data["MetadataOptions"], "HttpTokens": "optional"}
    ec2.create_launch_template_version(LaunchTemplateName=f"{ESTATE}-node", LaunchTemplateData=data)


def silence_alarms(region: Region) -> None:
    """Delete an alarm, and take another's tag and actions."""
    cloudwatch = region.client("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=[f"{ESTATE}-node-critical"])
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"{ESTATE}-node-host"])["MetricAlarms"]
    cloudwatch.untag_resource(ResourceARN=alarm["AlarmArn"], TagKeys=[TAG])
    cloudwatch.disable_alarm_actions(AlarmNames=[f"{ESTATE}-node-host"])


def open_topic(region: Region) -> None:
    """Let everybody publish to the alarms' topic, in plain text."""
    sns = region.client("sns")
    arn = next(one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(f":{ESTATE}-alarms"))
    statement = {"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="")


def disable_events(region: Region) -> None:
    """Let RDS tell of nothing."""
    region.client("rds").modify_event_subscription(SubscriptionName=f"{ESTATE}-cluster-events", Enabled=False)


def empty_dashboard(region: Region) -> None:
    """Show nothing."""
    region.client("cloudwatch").put_dashboard(
        DashboardName=f"{ESTATE}-{region.name}", DashboardBody=json.dumps({"widgets": []})
    )


def stop_snapshots(region: Region) -> None:
    """Make no snapshots of the hosts any more."""
    dlm = region.client("dlm")
    for policy in dlm.get_lifecycle_policies()["Policies"]:
        if policy["Tags"].get(TAG) == ESTATE:
            dlm.update_lifecycle_policy(PolicyId=policy["PolicyId"], State="DISABLED")


def rewrite_record(region: Region) -> None:
    """Lead the nodes to another database."""
    ssm, name = region.client("ssm"), f"/nodeops/{ESTATE}/record"
    record = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    record["database"]["host"] = "elsewhere.example.net"
    ssm.put_parameter(Name=name, Value=json.dumps(record, sort_keys=True), Overwrite=True)


DRIFTS = [
    Drift(open_ssh, "Create the security groups"),
    Drift(lose_route, "Route each private subnet to its NAT gateway"),
    Drift(lose_subnet_tag, "Create two public and two private subnets in two zones"),
    Drift(lose_secret_tag, "Store each secret that does not exist yet"),
    Drift(stop_rotation, "Create the estate's key, rotated every year"),
    Drift(close_key, "Create the estate's key, rotated every year"),
    Drift(widen_policy, "Allow a node its own secrets, record and logs"),
    Drift(allow_by_hand, "Take away what else the hosts were allowed"),
    Drift(lose_network_settings, "Keep the network"),
    Drift(lose_way_to_s3, "Reach S3 without the NAT gateways"),
    Drift(keep_logs_a_day, "log group"),
    Drift(take_plain_connections, "Refuse connections without TLS"),
    Drift(keep_backups_a_day, "Keep the cluster's settings"),
    Drift(note_final_snapshot, "Keep the cluster's settings"),
    Drift(enlarge_group, "Keep the instances running"),
    Drift(take_old_metadata, "Describe the instances"),
    Drift(silence_alarms, "Keep the alarms"),
    Drift(open_topic, "Keep the topic of the alarms"),
    Drift(disable_events, "Have RDS tell what happens to the database"),
    Drift(empty_dashboard, "Keep the dashboard"),
    Drift(stop_snapshots, "Snapshots of the node hosts' volumes"),
    Drift(rewrite_record, "Write the estate's record"),
]


def everything(region: Region, estate: str) -> Shown:
    """Return all that stands of an estate."""
    return {
        kind: {name: dataclasses.asdict(found) for name, found in read(Look(region, estate)).items()}
        for kind, read in READERS.items()
    }


def record_of(region: Region) -> str:
    """Return the record, of which the readers see the parts only."""
    return str(region.client("ssm").get_parameter(Name=f"/nodeops/{ESTATE}/record")["Parameter"]["Value"])


OTHER_PASSWORDS = {
    f"chainlink_{name}_password": f"another{name}password0123" for name in ("api", "database", "keystore")
}


def secrets_of(region: Region) -> dict[str, str]:
    """Return what the secrets of the estate without drift hold, by name."""
    manager, names = region.client("secretsmanager"), ("api", "database", "database-master", "keystore", "rpc")
    return {name: manager.get_secret_value(SecretId=f"chosen/{name}")["SecretString"] for name in names}


@dataclass(frozen=True)
class Story:
    """What was seen: before, after the drift, after check mode, after a run; and of an estate without drift, on whose
    resources somebody else has written tags."""

    shown: list[Shown]
    records: list[str]
    check: Run
    run: Run
    second_run: Run
    second_check: Run
    secrets: list[dict[str, str]]
    """Of the estate without drift, before and after the second run."""
    kept: list[Shown]
    """The estate without drift, before and after the second run."""


@pytest.fixture(scope="module")
def story(deployed: Deployed, region: Region) -> Story:
    """Change one estate and run the playbook on it, and meanwhile again on one that nobody has changed."""
    changed, kept = deployed(ESTATE).estate, deployed("chosen").estate
    tag_everything(region, "chosen")
    shown, records, neighbour = [everything(region, ESTATE)], [record_of(region)], [everything(region, "chosen")]

    secrets = [secrets_of(region)]

    def note() -> None:
        shown.append(everything(region, ESTATE))
        records.append(record_of(region))

    with ThreadPoolExecutor(1) as executor:
        again = executor.submit(lambda: (kept.provision(**OTHER_PASSWORDS), kept.provision("--check", "--diff")))
        for drift in DRIFTS:
            drift.happen(region)
        note()
        check = changed.provision("--check", "--diff")
        note()
        run = changed.provision()
        note()
        second_run, second_check = again.result()
    secrets.append(secrets_of(region))
    neighbour.append(everything(region, "chosen"))
    return Story(shown, records, check, run, second_run, second_check, secrets, neighbour)


def test_no_run_overwrites_a_secret(story: Story) -> None:
    """Whatever the inventory says by then: what the keystore was locked with must stay what opens it."""
    assert story.secrets[1] == story.secrets[0]
    assert not [value for value in OTHER_PASSWORDS.values() if value in "".join(story.secrets[1].values())]


def test_a_second_run_changes_nothing(story: Story) -> None:
    assert story.second_run.succeeded().changed == []


def test_tags_of_others_stay(story: Story) -> None:
    """Many accounts tag what is made in them, and the operator must not take tags off: a run would be denied."""
    without = [
        f"{kind} {name}"
        for kind in TAGGED
        for name, found in story.kept[1][kind].items()
        if THEIRS not in found["tags"]
    ]
    assert without == []
    assert story.kept[1] == story.kept[0]


def test_check_mode_reports_nothing_where_nothing_was_changed(story: Story) -> None:
    assert story.second_check.succeeded().changed == []


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.happen.__name__)
def test_check_mode_reports_a_drift_and_a_run_mends_it(story: Story, drift: Drift) -> None:
    for run in (story.check, story.run):
        assert [task for task in run.succeeded().changed if drift.task in task], run.changed


def test_check_mode_changes_nothing(story: Story) -> None:
    assert story.shown[2] == story.shown[1]
    assert story.records[2] == story.records[1]


def test_a_run_brings_back_what_was(story: Story) -> None:
    assert story.shown[1] != story.shown[0]
    assert story.shown[3] == story.shown[0]
    assert story.records[3] == story.records[0]


def test_nothing_else_is_reported(story: Story) -> None:
    known = [drift.task for drift in DRIFTS]
    for run in (story.check, story.run):
        assert [task for task in run.changed if not any(words in task for words in known)] == []
