# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as nftables rules."""

from __future__ import annotations

import subprocess

import pytest
from nodeops_lab.reconciler.filters import members_of_groups, rules_of_groups, ruleset
from nodeops_lab.reconciler.region import Rule, rule_of

from .samples import REGION

ROUTER, CLIENT = "10.42.0.1", "198.51.100.10"
MEMBERS = {"sg-a": ["10.42.0.4", "10.42.0.9"], "sg-empty": []}

TEST_RULESET: list[tuple[str, list[Rule], list[str], list[str]]] = [
    ("no rule", [], [], []),
    (
        "a port for the operator's block",
        [Rule("tcp", 22, 22, ("198.51.100.0/24",))],
        ["ip saddr { 198.51.100.0/24 } tcp dport 22 accept"],
        ["tcp dport 22 accept"],
    ),
    (
        "a port for another block",
        [Rule("tcp", 22, 22, ("203.0.113.7/32",))],
        ["ip saddr { 203.0.113.7/32 } tcp dport 22 accept"],
        [],
    ),
    (
        # The router lies in the VPC's block, but what comes from it is the operator.
        "a range for the whole VPC",
        [Rule("udp", 8000, 8010, ("10.42.0.0/16",))],
        ["ip saddr { 10.42.0.0/16 } udp dport 8000-8010 accept"],
        [],
    ),
    (
        "a port for the members of a group",
        [Rule("tcp", 6688, 6688, (), ("sg-a",))],
        ["ip saddr { 10.42.0.4/32, 10.42.0.9/32 } tcp dport 6688 accept"],
        [],
    ),
    ("a port for a group without members", [Rule("tcp", 22, 22, (), ("sg-empty", "sg-unknown"))], [], []),
    ("everything", [Rule("-1", None, None, ("0.0.0.0/0",))], ["ip saddr { 0.0.0.0/0 } accept"], ["accept"]),
    (
        "overlapping sources",
        [Rule("tcp", 1, 1, ("10.42.0.0/24", "10.42.0.0/16"), ("sg-a",))],
        ["ip saddr { 10.42.0.0/16 } tcp dport 1 accept"],
        [],
    ),
    (
        "all ports",
        [Rule("6", None, None, ("10.0.0.0/8",)), Rule("tcp", -1, -1, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto tcp accept"] * 2,
        [],
    ),
    (
        "ICMP",
        [Rule("icmp", -1, -1, ("10.0.0.0/8",)), Rule("icmp", 8, -1, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto icmp accept", "ip saddr { 10.0.0.0/8 } icmp type 8 accept"],
        [],
    ),
    (
        "another protocol",
        [Rule("50", None, None, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto 50 accept"],
        [],
    ),
]


def chain(script: str, name: str) -> list[str]:
    """Return the rules of a chain that a security group decides about."""
    lines = [
        line.strip() for line in script.split(f"chain {name} {{")[1].split("  }\n")[0].splitlines() if line.strip()
    ]
    fixed = ("type filter", "iifname", "ct state", "ip saddr 10.42.0.1 goto", "drop")
    assert lines[-1] == "drop"
    return [line for line in lines if not line.startswith(fixed)]


@pytest.mark.parametrize(
    ("rules", "inbound", "operator"), [row[1:] for row in TEST_RULESET], ids=[row[0] for row in TEST_RULESET]
)
def test_ruleset(rules: list[Rule], inbound: list[str], operator: list[str]) -> None:
    script = ruleset(rules, MEMBERS, ROUTER, CLIENT)
    assert chain(script, "inbound") == inbound
    assert chain(script, "operator") == operator


def test_the_operator_is_judged_before_the_network_that_the_router_lies_in() -> None:
    script = ruleset([Rule("-1", None, None, ("10.42.0.0/16",))], {}, ROUTER, CLIENT)
    assert script.index("ip saddr 10.42.0.1 goto operator") < script.index("ip saddr { 10.42.0.0/16 } accept")


def test_nft_takes_every_kind_of_rule() -> None:
    script = ruleset([rule for row in TEST_RULESET for rule in row[1]], MEMBERS, ROUTER, CLIENT)
    # In a network namespace of its own: checking needs the kernel, and must not touch the machine's rules.
    done = subprocess.run(
        ["unshare", "--net", "nft", "--check", "-f", "-"], input=script, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_rule_of_an_answer() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 23,
        "IpRanges": [{"CidrIp": "198.51.100.0/24", "Description": "office"}],
        "UserIdGroupPairs": [{"GroupId": "sg-a", "UserId": "123456789012"}],
    }
    assert rule_of(permission) == Rule("tcp", 22, 23, ("198.51.100.0/24",), ("sg-a",))
    assert rule_of({"IpProtocol": "-1"}) == Rule("-1")


def test_members_are_instances_and_databases() -> None:
    assert members_of_groups(REGION, {"estate-database": "10.42.15.254"}) == {
        "sg-bastion": ["10.42.0.4"],
        "sg-node": ["10.42.0.5"],
        "sg-database": ["10.42.15.254"],
    }
    assert "sg-database" not in members_of_groups(REGION, {})


def test_rules_of_several_groups() -> None:
    assert rules_of_groups(REGION, ("sg-bastion", "sg-unknown", "sg-node")) == [
        Rule("tcp", 22, 22, ("198.51.100.0/24",)),
        Rule("tcp", 22, 22, (), ("sg-bastion",)),
    ]
