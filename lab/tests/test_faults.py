# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: arguments, what is in force, rules."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nodeops_lab.cli import _parser
from nodeops_lab.errors import LabError
from nodeops_lab.faults import filters
from nodeops_lab.faults.network import End, path_rules
from nodeops_lab.faults.orders import choose, parse
from nodeops_lab.faults.places import Place, Places
from nodeops_lab.faults.registry import KINDS
from nodeops_lab.faults.store import Fault, Store
from nodeops_lab.settings import LabSettings

from .expectations import refused_by_nft

HOST = Place("lab-i-1", "host", ("10.42.0.4", "198.19.80.4"), "us-east-1a", "10.42.0.0/16", "10.42.0.2")
OTHER = Place("lab-i-2", "host", ("10.42.16.4",), "us-east-1b", "10.42.0.0/16", "10.42.0.2")
PLACES = cast(Places, SimpleNamespace(settings=LabSettings()))


@pytest.mark.parametrize(
    ("kind", "given", "values"),
    [
        ("kill-process", {"host": "i-1", "pattern": "x"}, {"host": "i-1", "pattern": "x", "signal": "KILL"}),
        ("fill-disk", {"host": "i-1"}, {"host": "i-1", "path": "/var/log"}),
        ("fill-disk", {"host": "i-1", "path": "/opt/x/"}, {"host": "i-1", "path": "/opt/x"}),
        ("stop-metadata", {}, {"instance": "all", "how": "hang"}),
        ("slow-database", {"database": "d", "milliseconds": "250"}, {"database": "d", "milliseconds": 250}),
        (
            "api-slow",
            {"call": "elbv2:DescribeTargetHealth", "seconds": "2.5", "count": "3"},
            {
                "call": "elasticloadbalancing:DescribeTargetHealth",
                "seconds": 2.5,
                "probability": 1.0,
                "count": 3,
            },
        ),
        ("api-fail", {"call": "cloudwatch"}, {"call": "monitoring", "probability": 1.0, "count": None}),
        (
            "api-fail",
            {"call": "elasticloadbalancing"},
            {"call": "elasticloadbalancing", "probability": 1.0, "count": None},
        ),
        ("api-fail", {"call": "tag:GetResources"}, {"call": "tagging:GetResources", "probability": 1.0, "count": None}),
    ],
)
def test_arguments_are_parsed(kind: str, given: dict[str, str | None], values: dict[str, Any]) -> None:
    assert parse(KINDS[kind], given) == values


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("lose-zone", {}, "ZONE is missing."),
        ("kill-process", {"host": "i-1", "pattern": "x", "signal": "HUP"}, "--signal 'HUP' must be one of KILL, STOP."),
        ("fill-disk", {"host": "i-1", "path": "/"}, "PATH '/' must be the absolute path of a directory below /."),
        (
            "fill-disk",
            {"host": "i-1", "path": "/a/../.."},
            "PATH '/a/../..' must be the absolute path of a directory b",
        ),
        (
            "slow-network",
            {"target": "i-1", "milliseconds": "0"},
            "MILLISECONDS '0' must be a whole number from 1 to 60000.",
        ),
        ("api-fail", {"call": "nothing"}, "CALL 'nothing' names no service of AWS."),
        ("api-fail", {"call": "ec2:Run"}, "CALL 'ec2:Run' names no action of ec2."),
        (
            "api-throttle",
            {"call": "ec2", "probability": "nan"},
            "--probability 'nan' must be a number from 0.001 to 1.",
        ),
        ("api-throttle", {"call": "ec2", "count": "-1"}, "--count '-1' must be a whole number from 1 to 1000000."),
    ],
)
def test_wrong_arguments_are_named(kind: str, given: dict[str, str | None], message: str) -> None:
    with pytest.raises(LabError) as refused:
        parse(KINDS[kind], given)
    assert str(refused.value).startswith(message)


def test_the_command_line_knows_every_kind() -> None:
    for name, kind in KINDS.items():
        words = [argument.key for argument in kind.arguments if not argument.name.startswith("-") and argument.required]
        for order in (["fault", "--name", "other", name, *words], ["fault", name, *words, "--name", "other"]):
            arguments = _parser().parse_args(order)
            assert (arguments.name, arguments.fault) == ("other", name)
            assert all(hasattr(arguments, argument.key) for argument in kind.arguments)
    assert _parser().parse_args(["heal", "a", "b"]).faults == ["a", "b"]
    assert _parser().parse_args(["heal", "--all"]).faults == []


def test_what_is_in_force_survives_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    store, reader = Store(tmp_path), Store(tmp_path)
    assert reader.faults() == ()
    with store.locked():
        first = store.add(Fault(store.new_id("api-fail"), "api-fail", {"call": "ec2", "count": None}))
        second = store.add(Fault(store.new_id("api-fail"), "api-fail", {"call": "rds"}, {"x": [1]}))
    assert [first.fault_id, second.fault_id] == ["api-fail", "api-fail-2"]
    assert first.text() == "api-fail: call=ec2"
    assert reader.faults() == (first, second)
    assert reader.faults() is reader.faults()
    with store.locked():
        store.remove("api-fail")
    assert reader.faults() == (second,)


def test_healing_chooses_by_name_and_kind_and_refuses_others() -> None:
    faults = [Fault("lose-zone", "lose-zone", {}), Fault("lose-zone-2", "lose-zone", {}), Fault("api", "api-fail", {})]
    assert choose(faults, []) == faults
    assert choose(faults, ["lose-zone-2"]) == [faults[1]]
    assert choose(faults, ["lose-zone", "api"]) == faults
    with pytest.raises(LabError, match=r"^'x' is no fault in force; in force: lose-zone, lose-zone-2, api\.$"):
        choose(faults, ["x"])


@pytest.mark.parametrize(
    ("source", "target", "rules"),
    [
        (End((HOST,)), End((OTHER,)), {"lab-i-1": [("outbound", 'oifname "eth0" ip daddr { 10.42.16.4 } drop')]}),
        (
            End((OTHER,)),
            End((HOST, OTHER)),
            {"lab-i-2": [("outbound", 'oifname "eth0" ip daddr { 10.42.0.4, 198.19.80.4 } drop')]},
        ),
        (
            End((), "api"),
            End((HOST,)),
            {"lab-i-1": [("inbound", 'iifname "eth0" ip saddr 10.42.0.2 tcp sport { 80, 443 } drop')]},
        ),
        (End((HOST,)), End((HOST,)), {}),
    ],
)
def test_a_path_is_cut_where_packets_leave_or_else_arrive(source: End, target: End, rules: filters.Rules) -> None:
    assert path_rules(source, target, PLACES) == rules


def test_rules_of_several_faults_are_one_table() -> None:
    drop = ("inbound", "drop")
    assert filters.merged([{"a": [drop]}, {"a": [drop, ("output", "accept")], "b": [drop]}]) == {
        "a": [drop, ("output", "accept")],
        "b": [drop],
    }
    assert filters.ruleset([]) == "table inet lab_faults {}\ndelete table inet lab_faults\n"


def test_nftables_takes_the_rules_of_every_service() -> None:
    pairs = []
    for service in ("api", "dns", "internet", "metadata", "operator"):
        for rules in (
            path_rules(End((HOST,)), End((), service), PLACES),
            path_rules(End((), service), End((HOST,)), PLACES),
        ):
            pairs += rules["lab-i-1"]
    for kind, arguments in (("stop-metadata", {"how": "refuse"}), ("break-database", {"how": "refuse"})):
        fault = Fault(kind, kind, arguments, {"container": "lab-i-1", "port": 5432})
        places = cast(Places, SimpleNamespace(all=[HOST], settings=LabSettings()))
        pairs += KINDS[kind].rules(fault, places)["lab-i-1"]
    assert refused_by_nft(filters.ruleset(pairs)) == ""
