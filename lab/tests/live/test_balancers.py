# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers carry requests to the targets that are well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .live_balancers import (
    NAME,
    P2P_PORT,
    PORT,
    Balancer,
    Group,
    answer_to,
    ask,
    asking,
    certificate,
    close,
    internet,
    open_ports,
    port_open,
    security_group,
    serve,
)
from .live_lab import Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

INTERVAL = 5
THRESHOLD = 2


@dataclass
class Estate:
    """Two hosts, and an application load balancer that reaches them with HTTPS from outside."""

    live: LiveLab
    hosts: list[Host]
    balancer: Balancer
    group: Group
    group_id: str
    node_group_id: str
    listener_arn: str
    authority: Path

    def ask(self, path: str = "/", *options: str, zone: int = 0) -> Any:
        """Send a request to the node in a zone."""
        address = self.balancer.addresses()[zone]
        return ask(address, f"https://{NAME}{path}", "--cacert", str(self.authority), *options)


@pytest.fixture(scope="module")
def hosts(live: LiveLab) -> Iterator[list[Host]]:
    network = live.network()
    group_id = security_group(live, "targets")
    launched = [live.launch(zone=zone, wait=False, Groups=[network.group_id, group_id]) for zone in (0, 1)]
    lab("wait", "--timeout", "600")
    for host in launched:
        open_ports(host)
        serve(host, 200)
    yield launched
    live.terminate(*launched)
    live.client("ec2").delete_security_group(GroupId=group_id)


@pytest.fixture(scope="module")
def estate(live: LiveLab, hosts: list[Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    internet(live)
    elbv2, ec2, network = live.client("elbv2"), live.client("ec2"), live.network()
    group_id = security_group(live, "balancer", port_open(80), port_open(443))
    answer = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["targets"]}])
    node_group_id = answer["SecurityGroups"][0]["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=node_group_id, IpPermissions=[port_open(PORT, group_id=group_id), port_open(P2P_PORT)]
    )
    arn, authority = certificate(live, tmp_path_factory.mktemp("office"), NAME)
    group = elbv2.create_target_group(
        Name="nodes",
        Protocol="HTTP",
        Port=PORT,
        VpcId=network.vpc_id,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=INTERVAL,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=THRESHOLD,
        UnhealthyThresholdCount=THRESHOLD,
        Matcher={"HttpCode": "200,207"},
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "6"}]
    )
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": host.instance_id} for host in hosts])
    made = elbv2.create_load_balancer(Name="office", Subnets=list(network.subnet_ids), SecurityGroups=[group_id])
    balancer = Balancer(live, made["LoadBalancers"][0]["LoadBalancerArn"])
    assert not balancer.active()
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer.arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    https = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elbv2.create_listener(
        LoadBalancerArn=balancer.arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": https}],
    )
    lab("wait")
    until(balancer.active)
    yield Estate(live, hosts, balancer, Group(live, group), group_id, node_group_id, listener, authority)
    addresses = balancer.addresses()
    balancer.delete()
    assert ask(addresses[0], f"http://{NAME}/", "--connect-timeout", "2").status == 0
    elbv2.delete_target_group(TargetGroupArn=group)
    live.client("acm").delete_certificate(CertificateArn=arn)
    ec2.revoke_security_group_ingress(
        GroupId=node_group_id, IpPermissions=[port_open(PORT, group_id=group_id), port_open(P2P_PORT)]
    )
    ec2.delete_security_group(GroupId=group_id)


def health_of(estate: Estate, first: str, second: str) -> float:
    """Wait for the health of both targets."""
    names = [host.instance_id.replace("-", "_", 1) for host in estate.hosts]
    return estate.group.becomes(**dict(zip(names, (first, second), strict=True)))


def test_requests_go_to_both_targets_by_tls_with_the_client_told(estate: Estate) -> None:
    health_of(estate, "healthy", "healthy")
    answers = [estate.ask("/path?query", zone=number % 2) for number in range(4)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.seen["host"] for answer in answers} == {
        estate.hosts[0].run("hostname"),
        estate.hosts[1].run("hostname"),
    }
    seen = answers[0].seen
    assert seen["path"] == "/path?query"
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["x-forwarded-for"] == estate.live.settings.client_address
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["host"] == NAME
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert len(headers["x-amzn-trace-id"]) == len("Root=1-67891233-abcdef012345678912345678")


def test_tls_is_as_the_policy_says_and_http_is_sent_there(estate: Estate) -> None:
    assert estate.ask("/", "--http2", "--write-out", "%{http_version}").body.endswith("}2")
    assert estate.ask("/", "--tls-max", "1.2").status == 200
    old = estate.ask("/", "--tlsv1.1", "--tls-max", "1.1", "--ciphers", "DEFAULT:@SECLEVEL=0")
    assert (old.status, "SSL" in old.error or "TLS" in old.error) == (0, True)
    assert ask(estate.balancer.addresses()[0], f"https://{NAME}/").status == 0, "trusted without the authority"

    answer = ask(estate.balancer.addresses()[1], f"http://{NAME}/a/b?c=d")
    assert (answer.status, answer.headers["location"]) == (301, f"https://{NAME}:443/a/b?c=d")


def test_health_is_what_the_nodes_see(estate: Estate) -> None:
    first, second = estate.hosts
    serve(first, 503)
    close(second)
    took = health_of(estate, "unhealthy", "unhealthy")
    # Two failures in a row, 5 s apart; the API learns of it a round later.
    assert took < 3 * INTERVAL + 10
    health = estate.group.health()
    assert health[first.instance_id] == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [503]",
    }
    assert health[second.instance_id] == {
        "State": "unhealthy",
        "Reason": "Target.FailedHealthChecks",
        "Description": "Health checks failed",
    }
    # All are unhealthy: requests go to all of them; the closed one's fail.
    assert {estate.ask().status for _ in range(4)} == {200, 502}
    # 207 is in the matcher; one target healthy is enough for all requests.
    serve(first, 207)
    health_of(estate, "healthy", "unhealthy")
    assert {estate.ask(zone=zone).status for zone in (0, 1, 0, 1)} == {200}
    assert int(first.run(f"sudo grep -c 'ELB-HealthChecker/2.0 {first.address}:{PORT}$' /run/requests")) > 1
    second.run(f"sudo systemd-run --unit server-{PORT} python3 /run/server.py {PORT}")
    serve(first, 200)
    health_of(estate, "healthy", "healthy")


def test_security_groups_decide_who_gets_in_and_what_the_checks_see(estate: Estate) -> None:
    ec2 = estate.live.client("ec2")
    permission = port_open(PORT, group_id=estate.group_id)
    ec2.revoke_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[permission])
    health_of(estate, "unhealthy", "unhealthy")
    assert {item["Reason"] for item in estate.group.health().values()} == {"Target.Timeout"}
    ec2.authorize_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[permission])
    health_of(estate, "healthy", "healthy")
    ec2.revoke_security_group_ingress(GroupId=estate.group_id, IpPermissions=[port_open(443)])
    until(lambda: estate.ask("/", "--connect-timeout", "2").status == 0)
    ec2.authorize_security_group_ingress(GroupId=estate.group_id, IpPermissions=[port_open(443)])
    until(lambda: estate.ask("/", "--connect-timeout", "2").status == 200)


def test_a_rule_takes_effect_without_dropping_a_request_in_flight(estate: Estate) -> None:
    elbv2 = estate.live.client("elbv2")
    options = ("--cacert", str(estate.authority))
    slow = asking(estate.balancer.addresses()[0], f"https://{NAME}/slow/20", *options)
    response = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": 'It\'s "closed"\n100 %'}
    rule = elbv2.create_rule(
        ListenerArn=estate.listener_arn,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/v2/*"]}, {"Field": "host-header", "Values": ["*.TEST"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": response}],
    )["Rules"][0]["RuleArn"]
    lab("wait")
    answer = estate.ask("/v2/users")
    assert (answer.status, answer.body) == (403, response["MessageBody"])
    assert slow.poll() is None, "the request was to outlast the change"
    assert answer_to(slow).status == 200
    assert estate.ask("/v3/users").status == 200
    elbv2.delete_rule(RuleArn=rule)
    lab("wait")
    assert estate.ask("/v2/users").status == 200
    assert {item["State"] for item in estate.group.health().values()} == {"healthy"}, "a reload forgot the health"


def test_a_deregistered_target_drains_and_returns_as_a_new_one(estate: Estate) -> None:
    elbv2 = estate.live.client("elbv2")
    second = estate.hosts[1]
    target = [{"Id": second.instance_id}]
    elbv2.deregister_targets(TargetGroupArn=estate.group.arn, Targets=target)
    began = time.monotonic()
    assert estate.group.health()[second.instance_id]["Reason"] == "Target.DeregistrationInProgress"
    lab("wait")
    assert {estate.ask().seen["host"] for _ in range(4)} == {estate.hosts[0].run("hostname")}
    until(lambda: second.instance_id not in estate.group.health())
    assert time.monotonic() - began > 6
    elbv2.register_targets(TargetGroupArn=estate.group.arn, Targets=target)
    assert estate.group.health()[second.instance_id]["State"] == "initial"
    health_of(estate, "healthy", "healthy")


def test_status_and_the_resolver_tell_where_the_load_balancer_is(estate: Estate) -> None:
    output = lab("status").stdout
    assert estate.balancer.describe()["DNSName"] in output
    assert ", ".join(estate.balancer.addresses()) in output

    found = estate.hosts[0].run(f"getent ahostsv4 {estate.balancer.describe()['DNSName']}").split()
    assert set(estate.balancer.addresses()) <= set(found)


def test_peers_reach_a_node_through_an_elastic_address_of_its_zone(estate: Estate, hosts: list[Host]) -> None:
    live = estate.live
    elbv2, ec2, network = live.client("elbv2"), live.client("ec2"), live.network()
    elastic = [ec2.allocate_address(Domain="vpc") for _ in network.subnet_ids]
    group = elbv2.create_target_group(
        Name="peers",
        Protocol="TCP",
        Port=P2P_PORT,
        VpcId=network.vpc_id,
        HealthCheckIntervalSeconds=INTERVAL,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=THRESHOLD,
        UnhealthyThresholdCount=THRESHOLD,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": host.instance_id} for host in hosts])
    made = elbv2.create_load_balancer(
        Name="peers",
        Type="network",
        SubnetMappings=[
            {"SubnetId": subnet_id, "AllocationId": address["AllocationId"]}
            for subnet_id, address in zip(network.subnet_ids, elastic, strict=True)
        ],
    )
    balancer = Balancer(live, made["LoadBalancers"][0]["LoadBalancerArn"])
    elbv2.create_listener(
        LoadBalancerArn=balancer.arn,
        Protocol="TCP",
        Port=P2P_PORT,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    lab("wait")
    until(balancer.active)
    assert balancer.addresses() == [address["PublicIp"] for address in elastic]
    peers = Group(live, group)
    peers.becomes(**{host.instance_id.replace("-", "_", 1): "healthy" for host in hosts})
    for address, host in zip(elastic, hosts, strict=True):
        answers = [ask(address["PublicIp"], f"http://{NAME}:{P2P_PORT}/") for _ in range(3)]
        # Cross-zone load balancing is off: each address leads to the targets of its own zone.
        assert {answer.seen["host"] for answer in answers} == {host.run("hostname")}
    # The target's groups judge the client's own address.
    peers_only = {**port_open(P2P_PORT), "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[peers_only])
    ec2.revoke_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[port_open(P2P_PORT)])
    public = elastic[0]["PublicIp"]
    until(lambda: ask(public, f"http://{NAME}:{P2P_PORT}/", "--max-time", "3").status == 0)
    assert {item["State"] for item in peers.health().values()} == {"healthy"}
    ec2.authorize_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[port_open(P2P_PORT)])
    ec2.revoke_security_group_ingress(GroupId=estate.node_group_id, IpPermissions=[peers_only])
    balancer.delete()
    elbv2.delete_target_group(TargetGroupArn=group)
    for address in elastic:
        ec2.release_address(AllocationId=address["AllocationId"])
