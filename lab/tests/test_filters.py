# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as nftables rules."""

from __future__ import annotations

import pytest
from nodeops_lab.reconciler.filters import members_of_groups, rules_of_groups, ruleset
from nodeops_lab.reconciler.region import Rule, Vpc, rule_of

from .expectations import refused_by_nft
from .samples import REGION

VPC = Vpc("vpc-1", "10.42.0.0/16", False)
MEMBERS = {"sg-a": ["10.42.0.4", "10.42.0.9"], "sg-empty": []}

TEST_RULESET: list[tuple[str, list[Rule], list[str]]] = [
    ("no rule", [], []),
    (
        "a port for the operator's block",
        [Rule("tcp", 22, 22, ("198.51.100.0/24",))],
        ["ip saddr { 198.51.100.0/24 } tcp dport 22 accept"],
    ),
    (
        "a port for another block",
        [Rule("tcp", 22, 22, ("203.0.113.7/32",))],
        ["ip saddr { 203.0.113.7/32 } tcp dport 22 accept"],
    ),
    (
        "a range for the whole VPC",
        [Rule("udp", 8000, 8010, ("10.42.0.0/16",))],
        ["ip saddr { 10.42.0.0/16 } udp dport 8000-8010 accept"],
    ),
    (
        "a port for the members of a group",
        [Rule("tcp", 6688, 6688, (), ("sg-a",))],
        ["ip saddr { 10.42.0.4/32, 10.42.0.9/32 } tcp dport 6688 accept"],
    ),
    ("a port for a group without members", [Rule("tcp", 22, 22, (), ("sg-empty", "sg-unknown"))], []),
    ("everything", [Rule("-1", None, None, ("0.0.0.0/0",))], ["ip saddr { 0.0.0.0/0 } accept"]),
    (
        "overlapping sources",
        [Rule("tcp", 1, 1, ("10.42.0.0/24", "10.42.0.0/16"), ("sg-a",))],
        ["ip saddr { 10.42.0.0/16 } tcp dport 1 accept"],
    ),
    (
        "all ports",
        [Rule("6", None, None, ("10.0.0.0/8",)), Rule("tcp", -1, -1, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto tcp accept"] * 2,
    ),
    (
        "ICMP",
        [Rule("icmp", -1, -1, ("10.0.0.0/8",)), Rule("icmp", 8, -1, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto icmp accept", "ip saddr { 10.0.0.0/8 } icmp type 8 accept"],
    ),
    (
        "another protocol",
        [Rule("50", None, None, ("10.0.0.0/8",))],
        ["ip saddr { 10.0.0.0/8 } meta l4proto 50 accept"],
    ),
]


TEST_OUTBOUND: list[tuple[str, list[Rule], list[str]]] = [
    ("no rule", [], []),
    (
        "a port for the members of a group",
        [Rule("tcp", 5432, 5432, (), ("sg-a",))],
        ["ip daddr { 10.42.0.4/32, 10.42.0.9/32 } tcp dport 5432 accept"],
    ),
    (
        "HTTPS to everywhere, where AWS's endpoints are too",
        [Rule("tcp", 443, 443, ("0.0.0.0/0",))],
        ["ip daddr 10.42.0.2 tcp dport 443 accept", "ip daddr { 0.0.0.0/0 } tcp dport 443 accept"],
    ),
    (
        "HTTPS inside the VPC, where they are not",
        [Rule("tcp", 443, 443, ("10.42.0.0/16",))],
        ["ip daddr { 10.42.0.0/16 } tcp dport 443 accept"],
    ),
]


def chain(script: str, name: str) -> list[str]:
    """Return the rules of a chain that a security group decides about."""
    lines = [
        line.strip() for line in script.split(f"chain {name} {{")[1].split("  }\n")[0].splitlines() if line.strip()
    ]
    fixed = ("type filter", "iifname", "oifname", "ct state", "ip saddr 10.42.0.1 drop", "drop")
    fixed += ("ip daddr 10.42.0.2 meta l4proto", "ip daddr { 169.254.169.254, ", "ip daddr 10.42.0.2 drop")
    assert lines[-1] == "drop"
    return [line for line in lines if not line.startswith(fixed)]


@pytest.mark.parametrize(("rules", "inbound"), [row[1:] for row in TEST_RULESET], ids=[row[0] for row in TEST_RULESET])
def test_inbound(rules: list[Rule], inbound: list[str]) -> None:
    assert chain(ruleset(rules, None, MEMBERS, VPC), "inbound") == inbound


@pytest.mark.parametrize(
    ("rules", "outbound"), [row[1:] for row in TEST_OUTBOUND], ids=[row[0] for row in TEST_OUTBOUND]
)
def test_outbound(rules: list[Rule], outbound: list[str]) -> None:
    assert chain(ruleset([], rules, MEMBERS, VPC), "outbound") == outbound


def test_a_database_has_no_outbound_rules() -> None:
    assert "postrouting" not in ruleset([], None, MEMBERS, VPC)


def test_the_machine_is_kept_out_even_where_its_network_is_let_in() -> None:
    script = ruleset([Rule("-1", None, None, ("10.42.0.0/16",))], None, {}, VPC)
    assert script.index("ip saddr 10.42.0.1 drop") < script.index("ip saddr { 10.42.0.0/16 } accept")


def test_nft_takes_every_kind_of_rule() -> None:
    every = [rule for row in [*TEST_RULESET, *TEST_OUTBOUND] for rule in row[1]]
    assert refused_by_nft(ruleset(every, every, MEMBERS, VPC)) == ""


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
    assert members_of_groups(REGION, {"writer": "10.42.15.254"}) == {
        "sg-bastion": ["10.42.0.4"],
        "sg-node": ["10.42.0.5"],
        "sg-database": ["10.42.15.254"],
    }
    assert "sg-database" not in members_of_groups(REGION, {})


def test_rules_of_several_groups() -> None:
    assert rules_of_groups(REGION.groups, ("sg-bastion", "sg-unknown", "sg-node")) == [
        Rule("tcp", 22, 22, ("198.51.100.0/24",)),
        Rule("tcp", 22, 22, (), ("sg-bastion",)),
    ]
