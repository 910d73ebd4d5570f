# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in from outside stay as they were made, and go when they are no longer wanted."""

from __future__ import annotations

import json

import pytest
from deployments import Deployment
from interruption import kill_at
from readers import look
from region import Region
from variants import hosted_zone

pytestmark = [pytest.mark.long, pytest.mark.variant("reachable")]

KINDS = ("load_balancer", "target_group", "certificate", "dns_record", "security_group", "address", "group")
UNWANTED = {"estate_ui_zone": "", "estate_ui_domain": "", "estate_p2p_enabled": False}
UNPROTECTED = {"estate_ui_deletion_protection": False, "estate_p2p_deletion_protection": False}


def standing(deployment: Deployment) -> dict[str, list[str]]:
    """Return the names of what stands, by kind."""
    estate = deployment.estate
    return {kind: sorted(look(estate.region, estate.name, kind)) for kind in KINDS}


def record(deployment: Deployment) -> dict[str, object]:
    """Return the estate's record."""
    name = f"/nodeops/{deployment.estate.name}/record"
    parameter = deployment.estate.region.client("ssm").get_parameter(Name=name)["Parameter"]
    found: dict[str, object] = json.loads(parameter["Value"])
    return found


def test_the_record_tells_the_nodes_how_they_are_reached(deployment: Deployment) -> None:
    found = record(deployment)
    assert found["ui"] == {"url": "https://chainlink.reachable.test", "zone": "reachable.test"}
    addresses = deployment.estate.region.client("ec2").describe_addresses(
        Filters=[{"Name": "tag:Name", "Values": ["reachable-p2p-*"]}]
    )["Addresses"]
    announced = sorted(f"{address['PublicIp']}:6690" for address in addresses)
    p2p = found["p2p"]
    assert isinstance(p2p, dict)
    assert (p2p["port"], sorted(p2p["announce"])) == (6690, announced)


def test_nothing_changes_in_a_second_run(deployment: Deployment) -> None:
    assert deployment.estate.provision("--check").succeeded().changed == []
    assert deployment.estate.provision().succeeded().changed == []


def test_what_was_changed_by_hand_is_told_and_mended(deployment: Deployment) -> None:
    region, name = deployment.estate.region, deployment.estate.name
    elb = region.client("elbv2")
    wanted = {kind: look(region, name, kind) for kind in KINDS}
    balancers = {
        item["LoadBalancerName"]: item["LoadBalancerArn"] for item in elb.describe_load_balancers()["LoadBalancers"]
    }
    groups = {item["TargetGroupName"]: item["TargetGroupArn"] for item in elb.describe_target_groups()["TargetGroups"]}
    listeners = {
        item["Port"]: item for item in elb.describe_listeners(LoadBalancerArn=balancers[f"{name}-ui"])["Listeners"]
    }
    rules = elb.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    elb.delete_rule(RuleArn=rules[0]["RuleArn"])
    elb.modify_target_group(TargetGroupArn=groups[f"{name}-ui"], HealthCheckPath="/", Matcher={"HttpCode": "200"})
    elb.modify_target_group_attributes(
        TargetGroupArn=groups[f"{name}-p2p"], Attributes=[{"Key": "preserve_client_ip.enabled", "Value": "false"}]
    )
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancers[f"{name}-p2p"], Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}]
    )
    tasks = [
        "nodeops.chainlink.estate_ui : Compare the target group",
        "nodeops.chainlink.estate_ui : Keep the load balancer",
        "nodeops.chainlink.estate_p2p : Compare the target group",
        "nodeops.chainlink.estate_p2p : Compare the load balancer",
    ]
    assert deployment.estate.provision("--check").succeeded().changed == tasks
    deployment.estate.provision().succeeded()
    assert {kind: look(region, name, kind) for kind in KINDS} == wanted


def test_what_is_protected_is_not_removed_in_passing(deployment: Deployment) -> None:
    before = standing(deployment)
    run = deployment.estate.provision(**UNWANTED)
    assert run.code != 0
    assert "set estate_ui_deletion_protection to false" in " ".join(run.output.split())
    assert "set estate_p2p_deletion_protection to false" in " ".join(run.output.split())
    run = deployment.estate.provision(estate_p2p_port=6691)
    assert run.code != 0
    assert "others reach estate reachable on port 6690" in " ".join(run.output.split())
    assert standing(deployment) == before


def test_what_is_no_longer_wanted_goes(deployment: Deployment) -> None:
    before = standing(deployment)
    check = deployment.estate.provision("--check", **UNWANTED, **UNPROTECTED).succeeded()
    assert check.changed
    assert standing(deployment) == before
    deployment.estate.provision(**UNWANTED, **UNPROTECTED).succeeded()
    found = standing(deployment)
    assert [found[kind] for kind in ("load_balancer", "target_group", "certificate", "dns_record")] == [[], [], [], []]
    assert found["security_group"] == ["reachable-bastion", "reachable-database", "reachable-node"]
    assert [name for name in found["address"] if "p2p" in name] == []
    assert (record(deployment)["ui"], record(deployment)["p2p"]) == ({"url": None}, None)
    assert deployment.estate.provision(**UNWANTED).succeeded().changed == []


def test_a_name_that_was_moved_is_left_alone(deployment: Deployment) -> None:
    estate = deployment.estate
    estate.provision().succeeded()
    route53 = estate.region.client("route53")
    (zone,) = route53.list_hosted_zones_by_name(DNSName="reachable.test")["HostedZones"]

    def leads() -> list[dict[str, object]]:
        records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        return [record for record in records if record["Name"] == "chainlink.reachable.test." and record["Type"] == "A"]

    moved = {
        "Name": "chainlink.reachable.test.",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    }
    changes = [{"Action": "DELETE", "ResourceRecordSet": leads()[0]}, {"Action": "CREATE", "ResourceRecordSet": moved}]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
    run = estate.provision(**UNWANTED, **UNPROTECTED).succeeded()
    assert "chainlink.reachable.test leads elsewhere by now" in " ".join(run.output.split())
    assert [record.get("ResourceRecords") for record in leads()] == [moved["ResourceRecords"]]
    found = standing(deployment)
    assert [found[kind] for kind in ("load_balancer", "target_group", "certificate")] == [[], [], []]


def test_a_zone_that_is_gone_stops_no_removal(deployment: Deployment) -> None:
    ssm, name = deployment.estate.region.client("ssm"), "/nodeops/reachable/record"
    gone = {**record(deployment), "ui": {"url": "https://chainlink.gone.test", "zone": "gone.test"}}
    ssm.put_parameter(Name=name, Value=json.dumps(gone, sort_keys=True), Overwrite=True)
    run = deployment.estate.provision(**UNWANTED, **UNPROTECTED).succeeded()
    assert "There is no single public hosted zone gone.test any more" in " ".join(run.output.split())
    assert record(deployment)["ui"] == {"url": None}


def test_what_an_interrupted_run_made_goes_when_it_is_not_wanted(region: Region) -> None:
    """The record, which is written last, knows nothing of it."""
    wanted = hosted_zone(region, "halfway").variables
    wanted |= {"estate_ui_domain": "chainlink.halfway.test", "estate_p2p_enabled": True}
    estate = region.estate("halfway", estate_network_cidr="10.150.0.0/16")
    kill_at(estate, "playbooks/estate.yml", "Keep the instances running", **wanted)
    assert sorted(look(region, "halfway", "load_balancer")) == ["halfway-p2p", "halfway-ui"]
    assert list(look(region, "halfway", "dns_record"))

    estate.provision().succeeded()
    found = {kind: sorted(look(region, "halfway", kind)) for kind in KINDS}
    assert [found[kind] for kind in ("load_balancer", "target_group", "certificate", "dns_record")] == [[], [], [], []]
    assert found["security_group"] == ["halfway-bastion", "halfway-database", "halfway-node"]
    assert [name for name in found["address"] if "p2p" in name] == []
    assert estate.provision().succeeded().changed == []
