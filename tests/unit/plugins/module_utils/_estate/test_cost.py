# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate costs, as tables. The figures are computed by hand from prices.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import cost, prices
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.destroy import Kept

VIRGINIA = cost.Estate("us-east-1")

#: A part of a line, and what it costs a month in us-east-1 by default.
TEST_LINES = [
    ("node hosts", 2 * 730 * 0.096),
    ("volumes of the node hosts", 100 * 0.08),
    ("bastion (t3.micro)", 730 * 0.0104),
    ("database instances (db.r6g.large)", 2 * 730 * 0.26),
    ("NAT gateways", 2 * 730 * 0.045),
    ("public IPv4", 3 * 730 * 0.005),
    ("secrets", 5 * 0.40),
    ("encryption keys", 1.00),
]

#: A change of the estate, and what it adds to the sum.
TEST_CHANGES: list[tuple[dict[str, Any], float]] = [
    ({"nat_gateways": 1}, -730 * 0.045 - 730 * 0.005),
    ({"nat_gateways": 0}, -2 * 730 * 0.045 - 50 * 0.045 - 2 * 730 * 0.005),
    ({"bastions": 0}, -730 * 0.0104 - 10 * 0.08 - 730 * 0.005),
    ({"node_type": "m6i.2xlarge"}, 3 * 2 * 730 * 0.096),
    ({"database_class": "db.t4g.medium"}, 2 * 730 * (0.073 - 0.26)),
    ({"database_class": None, "database_units": 0.5}, 2 * 730 * (0.5 * 0.12 - 0.26)),
    ({"load_balancers": 1}, 730 * (0.0225 + 0.008) + 2 * 730 * 0.005),
    ({"network_load_balancers": 1}, 730 * (0.0225 + 0.008) + 2 * 730 * 0.005),
    ({"interface_endpoints": 6}, 12 * 730 * 0.01),
    ({"alarms": 10, "dashboards": 1}, 1.00 + 3.00),
    ({"guru_resources": 8}, 8 * 730 * 0.0042),
    ({"backup_gib": 120}, 100 * 0.021),
    ({"image_gib": 20}, 20 * 0.05),
    ({"host_snapshot_gib": 30}, 30 * 0.05),
]

TEST_REFUSALS = [
    (
        cost.Estate("mars-north-1"),
        "estate_region: no prices of mars-north-1 are known; known are eu-central-1, eu-west-1, us-east-1, us-east-2, "
        "us-west-2",
    ),
    (
        cost.Estate("eu-central-1", node_type="z9.large", database_class="db.r6g.huge", alarms=-1),
        "estate_nodes_instance_type: no price of z9.large in eu-central-1 is known; families known are c5, c6a, c6i, "
        "m5, m6a, m6i, r5, r6a, r6i, t3, t3a; "
        "estate_database_instance_class: no price of db.r6g.huge in eu-central-1 is known; families known are r5, "
        "r6g, r6i; alarms: -1 is less than none",
    ),
]


@pytest.mark.parametrize(("what", "monthly"), TEST_LINES)
def test_line(what: str, monthly: float) -> None:
    found = [line for line in cost.lines(VIRGINIA) if line.what.startswith(what)]
    assert len(found) == 1
    assert found[0].monthly == pytest.approx(monthly)


@pytest.mark.parametrize(("changes", "difference"), TEST_CHANGES)
def test_change(changes: dict[str, Any], difference: float) -> None:
    assert cost.total(replace(VIRGINIA, **changes)) - cost.total(VIRGINIA) == pytest.approx(difference)


@pytest.mark.parametrize(("estate", "message"), TEST_REFUSALS)
def test_what_has_no_price_is_named_at_once(estate: cost.Estate, message: str) -> None:
    with pytest.raises(cost.CostError) as refusal:
        cost.lines(estate)
    assert str(refusal.value) == message


@pytest.mark.parametrize("region", sorted(prices.REGIONS))
def test_every_region_has_a_price_for_the_defaults(region: str) -> None:
    assert cost.total(cost.Estate(region)) > 500


def test_savings_are_what_the_choice_saves_and_the_greatest_comes_first() -> None:
    savings = cost.savings(VIRGINIA)
    assert [saving.monthly for saving in savings] == sorted((saving.monthly for saving in savings), reverse=True)
    by_switch = {saving.switch: saving.monthly for saving in savings}
    assert by_switch["one NAT gateway for both zones"] == pytest.approx(730 * 0.05)
    assert "no DevOps Guru" not in by_switch


def test_table_ends_in_the_sum_and_says_what_it_is() -> None:
    text = cost.table(VIRGINIA)
    assert any(line.startswith("sum") and f"{cost.total(VIRGINIA):,.2f}" in line for line in text)
    assert text[-1].startswith("An estimate in USD for a month of 730 hours in us-east-1, with prices of 2026-11-28")


TEST_KEPT = [
    (Kept("key", "5c1f", "because", remove="run it"), "key 5c1f: because; 1.00 USD a month; to remove it: run it"),
    (Kept("secret", "demo/keystore", "because"), "secret demo/keystore: because; 0.40 USD a month"),
    (
        Kept("secret", "demo/api", "because", until="the end of its days"),
        "secret demo/api: because; free of charge, and gone by itself at the end of its days",
    ),
    (Kept("snapshot", "s", "because", gib=10), "snapshot s: because; 0.21 USD a month"),
    (Kept("snapshot", "s", "because"), "snapshot s: because; 0.021 USD a month and GiB"),
    (Kept("log group", "/demo/node", "because", gib=2), "log group /demo/node: because; 0.06 USD a month"),
    (
        Kept("backup vault", "demo-backup", "because", remove="aws"),
        "backup vault demo-backup: because; free of charge by itself; to remove it: aws",
    ),
    (Kept("role", "demo-backup-eu", "because"), "role demo-backup-eu: because; free of charge by itself"),
]


@pytest.mark.parametrize(("kept", "words"), TEST_KEPT)
def test_kept_in_words(kept: Kept, words: str) -> None:
    assert cost.in_words(kept, "us-east-1") == words


def test_kept_in_a_region_without_prices() -> None:
    assert (
        cost.in_words(Kept("key", "5c1f", "because"), "mars-north-1")
        == "key 5c1f: because; no prices of mars-north-1 are known"
    )
