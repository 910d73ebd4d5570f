# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.options import misspelt

KNOWN = [
    "chainlink_chains",
    "chainlink_database_password",
    "estate_admin_cidrs",
    "estate_name",
    "estate_nodes_instance_type",
    "estate_restore_time",
    "estate_ui_domain",
    "host_patch_scope",
]

# What the variable is meant to be; "" where it is not to be refused.
TEST_NAMES = [
    ("estate_admin_cidr", "estate_admin_cidrs"),
    ("estate_admin_cdirs", "estate_admin_cidrs"),
    ("estate_restore_tiem", "estate_restore_time"),
    ("estate_node_instance_type", "estate_nodes_instance_type"),
    ("chainlink_chain", "chainlink_chains"),
    ("host_patch_scop", "host_patch_scope"),
    ("Estate_name", ""),
    ("estate_name", ""),
    ("estate_owner", ""),
    ("estate_tags", ""),
    ("estate_admin_cidrs_of_the_office", ""),
    ("chainlink_database_password_before", ""),
    ("my_estate_admin_cidr", ""),
    ("admin_cidrs", ""),
    ("estate_", ""),
    ("host_name", ""),
]


@pytest.mark.parametrize(("name", "meant"), TEST_NAMES)
def test_names(name: str, meant: str) -> None:
    said = [(name, f"is no option of this collection; {meant} is. Rename it, or remove it")] if meant else []
    assert misspelt({name: "canary", "estate_name": "oracle"}, KNOWN) == said


@pytest.mark.parametrize(
    "reader",
    [
        "{{ [estate_admin_cidr] }}",
        ["{{ estate_admin_cidr }}"],
        {"office": {"cidr": ["{{ estate_admin_cidr }}"]}},
        {"{{ estate_admin_cidr }}": 1},
    ],
)
def test_what_another_variable_reads_is_the_operators_own(reader: Any) -> None:
    assert misspelt({"estate_admin_cidr": "192.0.2.0/24", "estate_admin_cidrs": reader}, KNOWN) == []


@pytest.mark.parametrize("reader", ["{{ estate_admin_cidrs }}", "{{ my_estate_admin_cidr }}", 7, None])
def test_another_name_is_not_read(reader: Any) -> None:
    assert [name for name, _ in misspelt({"estate_admin_cidr": "192.0.2.0/24", "other": reader}, KNOWN)] == [
        "estate_admin_cidr"
    ]


def test_all_at_once_and_in_order() -> None:
    found = misspelt({"host_patch_scop": 1, "chainlink_chain": 2, "estate_admin_cidr": 3}, KNOWN)
    assert [name for name, _ in found] == ["chainlink_chain", "estate_admin_cidr", "host_patch_scop"]
