# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a load balancer of the API becomes as HAProxy's configuration."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nodeops_lab.api.balancing import Balancer, Listener, Node, Rule, Target, TargetGroup
from nodeops_lab.api.patches.elbv2 import APPLICATION_ATTRIBUTES, NETWORK_ATTRIBUTES
from nodeops_lab.certificates import Authority
from nodeops_lab.engine import engine
from nodeops_lab.errors import LabError
from nodeops_lab.images import _ensure, _ensure_base
from nodeops_lab.reconciler.balancer_configuration import checks, configuration, files, generation, location, matchers
from nodeops_lab.reconciler.balancer_sources import sources
from nodeops_lab.reconciler.balancer_text import filled, query_expression, quoted, whole, wildcards
from nodeops_lab.reconciler.filters import members_of_groups
from nodeops_lab.reconciler.names import hosts_file
from nodeops_lab.reconciler.region import Rule as Permission

from .image_programs import load
from .samples import NODE, REGION

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/nodes/0123456789abcdef"
OTHER = f"{GROUP[:-1]}0"
FIRST = Target("i-1", 6688, "10.42.0.5", "us-east-1a", 1.0)
SECOND = Target("i-2", 6688, "10.42.16.5", "us-east-1b", 2.0)
NODES = TargetGroup(
    GROUP, "HTTP", "instance", "HTTP", "traffic-port", "/health", 5, 2, 3, 2, "200,207", {}, (FIRST, SECOND)
)
ZONE_A = Node("eni-a", "subnet-a", "us-east-1a", "10.42.0.9", "198.19.80.9")
ZONE_B = Node("eni-b", "subnet-b", "us-east-1b", "10.42.16.9", "198.19.80.10")
FORWARD = {"Type": "forward", "TargetGroupArn": GROUP}
DEFAULT = Rule(None, (), FORWARD)
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
NASTY = "a'b\"c d$e\\f#{x}%[src]%%`!;|{}é"


def balancer(*listeners: Listener, **changes: Any) -> Balancer:
    """Return an application load balancer over both targets."""
    made = Balancer(
        arn="arn:lb",
        name="office",
        kind="application",
        scheme="internet-facing",
        state="active",
        vpc_id="vpc-1",
        dns_name="office-1.us-east-1.elb.amazonaws.com",
        group_ids=("sg-lb",),
        attributes=dict(APPLICATION_ATTRIBUTES),
        nodes=(ZONE_A, ZONE_B),
        listeners=listeners,
        target_groups={GROUP: NODES},
        certificates={CERTIFICATE: "CERTIFICATE AND KEY"},
    )
    return replace(made, **changes)


def http(*rules: Rule, port: int = 80) -> Listener:
    return Listener("arn:listener", port, "HTTP", None, (), 350, (*rules, DEFAULT))


def https(policy: str = "ELBSecurityPolicy-TLS13-1-2-2021-06") -> Listener:
    return Listener("arn:listener", 443, "HTTPS", policy, (CERTIFICATE,), 350, (DEFAULT,))


def network(**changes: Any) -> Balancer:
    """Return a network load balancer over both targets."""
    peers = replace(NODES, protocol="TCP", check_protocol="TCP", attributes={"preserve_client_ip.enabled": "true"})
    listener = Listener("arn:listener", 6690, "TCP", None, (), 350, (DEFAULT,))
    settings: dict[str, Any] = {
        "kind": "network",
        "attributes": dict(NETWORK_ATTRIBUTES),
        "target_groups": {GROUP: peers},
        "group_ids": (),
        **changes,
    }
    return balancer(listener, **settings)


def lines(made: Balancer, node: Node = ZONE_A) -> list[str]:
    return [line.strip() for line in configuration(made, node, {}).splitlines()]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("/img/*", "/img/", True),
        ("/img/*", "/img", False),
        ("/img/*/pics", "/img/a/b/pics", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a.c", "/abc", False),
        ("/a\\*c", "/a*c", True),
        ("/a\\*c", "/abc", False),
        (NASTY, NASTY, True),
    ],
)
def test_wildcards_match_as_elastic_load_balancing_says(pattern: str, text: str, found: bool) -> None:
    # Bytes, as HAProxy sees them.
    expression = whole(wildcards(pattern)).encode()
    assert bool(re.search(expression, text.encode())) is found
    assert "'" not in expression.decode()


@pytest.mark.parametrize(
    ("key", "value", "query", "found"),
    [
        ("version", "v1", "version=v1", True),
        ("version", "v1", "a=b&version=v1&c=d", True),
        ("version", "v1", "version=v11", False),
        ("version", "v1", "subversion=v1", False),
        ("ver*", "v?", "version=v2", True),
        ("ver*", "v*", "version=v2&x=w", True),
        (None, "example", "anything=example", True),
        (None, "example", "example", True),
        (None, "example", "example=1", False),
    ],
)
def test_query_conditions_match_whole_parameters(key: str | None, value: str, query: str, found: bool) -> None:
    assert bool(re.search(query_expression(key, value), query)) is found


def test_no_text_ends_its_word() -> None:
    assert quoted("it's") == "'it'\\''s'"
    with pytest.raises(LabError):
        quoted("a\nstats socket /tmp/x")
    assert filled("/a%20#{path}%[src]#{nothing}") == "/a%%20%[var(txn.path)]%%[src]#{nothing}"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (
            {"Protocol": "HTTPS", "Port": "443"},
            "https://%[var(txn.host)]:443/%[var(txn.path)]%[var(txn.suffix)]",
        ),
        (
            {"Host": "www.#{host}", "Path": "/new/#{path}", "Query": "a=1&#{query}"},
            "%[var(txn.protocol)]://www.%[var(txn.host)]:%[dst_port]/new/%[var(txn.path)]?a=1&%[var(txn.query)]",
        ),
        ({"Query": ""}, "%[var(txn.protocol)]://%[var(txn.host)]:%[dst_port]/%[var(txn.path)]"),
    ],
)
def test_redirects_fill_in_the_request(chosen: dict[str, str], expected: str) -> None:
    assert location(chosen) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Field": "path-pattern", "Values": ["/v2/*"]}, ["path -m reg '^/v2/.*$'"]),
        (
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example", "b.example"]}},
            [f"req.hdr(host),host_only -m reg -i '^{name}\\x2eexample$'" for name in "ab"],
        ),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Key", "Values": ["1"]}},
            ["'req.fhdr(X-Key)' -m reg -i '^1$'"],
        ),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}},
            ["method -m reg '^GET$'", "method -m reg '^HEAD$'"],
        ),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, ["src 10.0.0.0/8"]),
    ],
)
def test_conditions_become_tests(condition: dict[str, Any], expected: list[str]) -> None:
    assert matchers(condition) == expected


def test_a_header_name_that_is_none_is_refused() -> None:
    with pytest.raises(LabError):
        matchers({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "a) -m found", "Values": ["1"]}})


def test_the_first_rule_that_matches_decides_whatever_it_does() -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    path = ({"Field": "path-pattern", "Values": ["/a"]},)
    found = lines(balancer(http(Rule(1, path, FORWARD), Rule(2, path, fixed))))
    chosen = [line for line in found if "set-var(txn.rule)" in line]
    assert chosen == [
        "http-request set-var(txn.rule) int(0) if !{ var(txn.rule) -m found } rule0-0",
        "http-request set-var(txn.rule) int(1) if !{ var(txn.rule) -m found } rule1-0",
        "http-request set-var(txn.rule) int(2) if !{ var(txn.rule) -m found }",
    ]
    assert "http-request return status 404 hdr Server awselb/2.0 if { var(txn.rule) -m int 1 }" in found


def test_without_a_healthy_target_all_targets_get_requests() -> None:
    found = lines(balancer(http()))
    opened, normal = (line for line in found if line.startswith("use_backend"))
    assert opened == "use_backend open-group-0123456789abcdef if { var(txn.rule) -m int 0 } { nbsrv(" + (
        "group-0123456789abcdef) eq 0 }"
    )
    assert normal == "use_backend group-0123456789abcdef if { var(txn.rule) -m int 0 }"
    servers = [line for line in found if line.startswith("server ")]
    checked = [line for line in servers if line.endswith((NODES.check_id(FIRST), NODES.check_id(SECOND)))]
    assert (len(servers), len(checked)) == (4, 2)


def test_a_group_without_targets_answers_503() -> None:
    found = lines(balancer(http(), target_groups={GROUP: replace(NODES, targets=())}))
    assert "http-request return status 503 default-errorfiles" in found
    assert not any(line.startswith("server ") for line in found)


def test_weights_share_requests_among_groups() -> None:
    shares = [{"TargetGroupArn": GROUP, "Weight": 3}, {"TargetGroupArn": OTHER, "Weight": 1}]
    groups = {GROUP: NODES, OTHER: replace(NODES, arn=OTHER)}
    rule = Rule(None, (), {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}})
    found = lines(balancer(replace(http(), rules=(rule,)), target_groups=groups))
    assert "http-request set-var(txn.share) rand(4) if { var(txn.rule) -m int 0 }" in found
    assert "use_backend group-0123456789abcdef if { var(txn.rule) -m int 0 } { var(txn.share) -m int lt 3 }" in found
    assert "use_backend group-0123456789abcde0 if { var(txn.rule) -m int 0 }" in found


@pytest.mark.parametrize(
    ("policy", "lowest", "highest"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.2", "TLSv1.3"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", "TLSv1.3", "TLSv1.3"),
        ("ELBSecurityPolicy-2016-08", "TLSv1.0", "TLSv1.2"),
    ],
)
def test_policies_bound_the_protocols(policy: str, lowest: str, highest: str) -> None:
    bound = next(line for line in lines(balancer(https(policy))) if line.startswith("bind :443"))
    assert f"ssl-min-ver {lowest} ssl-max-ver {highest}" in bound
    assert ("@SECLEVEL=0" in bound) is (lowest == "TLSv1.0")


def test_http2_can_be_switched_off() -> None:
    attributes = {**APPLICATION_ATTRIBUTES, "routing.http2.enabled": "false"}
    assert any(line.endswith("alpn http/1.1") for line in lines(balancer(https(), attributes=attributes)))


def test_keys_are_in_files_of_their_own_and_named_nowhere_else() -> None:
    content = files(balancer(https()), ZONE_A, {})
    assert content["443.certificates"] == "443-0.pem\n"
    assert [name for name, text in content.items() if "AND KEY" in text] == ["443-0.pem"]
    assert "AND KEY" not in repr(balancer(https()))


def test_a_network_load_balancer_stays_in_its_zone() -> None:
    def servers(made: Balancer) -> set[str]:
        return {line.split()[2] for line in lines(made) if line.startswith("server ")}

    assert servers(network()) == {"10.42.0.5:6688"}
    cross_zone = {**NETWORK_ATTRIBUTES, "load_balancing.cross_zone.enabled": "true"}
    assert servers(network(attributes=cross_zone)) == {"10.42.0.5:6688", "10.42.16.5:6688"}
    assert list(checks(network(), ZONE_B)) == [NODES.check_id(SECOND)]


def test_checks_are_those_of_the_group() -> None:
    assert checks(balancer(http()), ZONE_A)[NODES.check_id(FIRST)] == {
        "protocol": "HTTP",
        "address": "10.42.0.5",
        "port": 6688,
        "path": "/health",
        "matcher": "200,207",
        "interval": 5,
        "timeout": 2,
        "healthy_threshold": 3,
        "unhealthy_threshold": 2,
        "detailed": True,
    }


def test_a_generation_is_named_by_all_its_files() -> None:
    first = files(balancer(https()), ZONE_A, {})
    assert generation(first) == generation(dict(reversed(first.items())))
    assert generation(first) != generation({**first, "443-0.pem": "renewed"})


CLIENTS = Permission("tcp", 6000, 7000, ("203.0.113.7/24",))


@pytest.mark.parametrize(
    ("rules", "group_ids", "expected"),
    [
        ((CLIENTS,), (), ("203.0.113.0/24",)),
        ((Permission("tcp", 22, 22, ("0.0.0.0/0",)),), (), ()),
        ((Permission("-1", cidrs=("10.0.0.0/8",)), CLIENTS), (), ("10.0.0.0/8", "203.0.113.0/24")),
        ((Permission("udp", 6688, 6688, ("0.0.0.0/0",)),), (), ()),
        ((Permission("tcp", 6688, 6688, (), ("sg-peer",)),), (), ("10.42.0.77",)),
        ((Permission("tcp", 6688, 6688, (), ("sg-lb",)),), ("sg-lb",), None),
    ],
)
def test_targets_that_see_the_client_judge_the_client(
    rules: tuple[Permission, ...], group_ids: tuple[str, ...], expected: tuple[str, ...] | None
) -> None:
    instance = replace(NODE, instance_id="i-1", group_ids=("sg-node",))
    region = replace(REGION, instances={"i-1": instance}, groups={"sg-node": rules})
    made = network(group_ids=group_ids)
    assert sources(made, made.listeners[0], region, {"sg-peer": ["10.42.0.77"]}) == expected


def test_targets_by_address_see_the_load_balancer() -> None:
    peers = replace(NODES, target_type="ip", attributes={"preserve_client_ip.enabled": "false"})
    made = network(target_groups={GROUP: peers})
    assert sources(made, made.listeners[0], REGION, {}) is None


def test_members_and_names_include_the_nodes() -> None:
    region = replace(REGION, balancers={"arn:lb": balancer(http())})
    assert members_of_groups(region, {})["sg-lb"] == ["10.42.0.9", "10.42.16.9"]
    names = hosts_file(region, {}, "ec2.internal").splitlines()
    assert "198.19.80.9 office-1.us-east-1.elb.amazonaws.com" in names
    inner = replace(balancer(http()), nodes=tuple(replace(node, public_address=None) for node in (ZONE_A, ZONE_B)))
    names = hosts_file(replace(REGION, balancers={"arn:lb": inner}), {}, "ec2.internal").splitlines()
    assert "10.42.16.9 office-1.us-east-1.elb.amazonaws.com" in names


@pytest.mark.lab
def test_haproxy_takes_everything_that_can_be_asked_for(tmp_path: Path, pem: str) -> None:
    fixed = {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": NASTY}
    redirect = {"Host": NASTY.replace("é", "e"), "Path": "/#{path}", "Query": NASTY.replace("é", "e")}
    conditions: tuple[dict[str, Any], ...] = (
        {"Field": "path-pattern", "Values": [NASTY, "*" * 128, "é" * 64]},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A!#$%&*+.^_|~", "Values": [NASTY]}},
        {"Field": "host-header", "Values": ["*.example.org"]},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": NASTY, "Value": NASTY}, {"Value": "1"}]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "X-OWN_1"]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "2001:db8::/32"]}},
    )
    rules = (
        Rule(1, conditions, {"Type": "fixed-response", "FixedResponseConfig": fixed}),
        Rule(2, conditions, {"Type": "redirect", "RedirectConfig": {**redirect, "StatusCode": "HTTP_302"}}),
        Rule(3, conditions, {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}),
    )
    attributes = {
        **APPLICATION_ATTRIBUTES,
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http.xff_client_port.enabled": "true",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true",
    }
    sticky = {
        "stickiness.enabled": "true",
        "slow_start.duration_seconds": "30",
        "load_balancing.algorithm.type": "least_outstanding_requests",
    }
    rich = balancer(
        http(*rules),
        https(),
        replace(https("ELBSecurityPolicy-TLS13-1-3-2021-06"), port=444),
        replace(https("ELBSecurityPolicy-2016-08"), port=445),
        attributes=attributes,
        target_groups={GROUP: replace(NODES, protocol="HTTPS", attributes=sticky)},
        certificates={CERTIFICATE: pem},
    )
    peers = network(attributes={**NETWORK_ATTRIBUTES, "load_balancing.cross_zone.enabled": "true"})
    tls = replace(peers.listeners[0], protocol="TLS", port=6691, certificates=(CERTIFICATE,), ssl_policy=None)
    tls = replace(tls, ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06")
    proxied = {**peers.target_groups[GROUP].attributes, "proxy_protocol_v2.enabled": "true"}
    peers = replace(
        peers,
        listeners=(*peers.listeners, tls),
        certificates={CERTIFICATE: pem},
        target_groups={GROUP: replace(peers.target_groups[GROUP], attributes=proxied)},
    )
    cases = {
        "rich": (rich, {}),
        "empty": (balancer(), {}),
        "no-targets": (balancer(http(), target_groups={GROUP: replace(NODES, targets=())}), {}),
        "peers": (peers, {6690: ("10.0.0.0/8", "10.42.0.77"), 6691: ()}),
        "peers-without-targets": (network(target_groups={GROUP: replace(NODES, targets=())}), {}),
    }
    proxy = load("balancer", "proxy")
    for name, (made, allowed) in cases.items():
        directory = tmp_path / name
        directory.mkdir()
        content = files(made, ZONE_A, allowed)
        for file, text in content.items():
            (directory / file).write_text(text)
        text = proxy.with_health(content["haproxy.cfg"], f"/lab/{name}", {NODES.check_id(FIRST)})
        (directory / "haproxy.cfg").write_text(text)
        assert json.loads(content["checks.json"]) == checks(made, ZONE_A)
    image = _ensure("balancer", print, BASE_IMAGE=_ensure_base(print))
    script = "for d in /lab/*; do haproxy -c -f $d/haproxy.cfg 2>&1 || echo FAILED $d; done"
    volumes = {str(tmp_path): {"bind": "/lab", "mode": "ro"}}
    output = engine().containers.run(image, ["sh", "-c", script], remove=True, volumes=volumes).decode()
    assert output.count("Configuration file is valid") == len(cases), output
    assert "WARNING" not in output


@pytest.fixture
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.create("Office")
    return "\n".join(authority.issue(["node.example.org"]))
