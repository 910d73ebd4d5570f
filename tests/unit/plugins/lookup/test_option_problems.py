# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup as Ansible runs it, with the roles of this collection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar, trust_as_template

CANARY = "canary-Zy9!"


class Hosts(dict[str, dict[str, Any]]):
    """Stands for Ansible's HostVars, of which the lookup reads what is not yet templated."""

    raw_get = dict.__getitem__


def look(variables: dict[str, Any], **hosts: dict[str, Any]) -> list[tuple[str, str]]:
    everything = {**variables, "hostvars": Hosts(hosts), "vars": variables}
    templar = Templar(loader=DataLoader(), variables=everything)
    lookup = lookup_loader.get("nodeops.chainlink.option_problems", loader=DataLoader(), templar=templar)
    return [(one["variable"], one["message"]) for one in lookup.run([], variables=everything)]


# The options, and the words that are said of each that is refused.
TEST_VALUES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"estate_nodes_volume_gib": 40, "host_patch_scope": "all", "estate_ui_cidrs": ["192.0.2.0/24"]}, {}),
    # As --extra-vars give them.
    (
        {
            "estate_nodes_volume_gib": "40",
            "estate_p2p_enabled": "yes",
            "estate_ui_cidrs": "192.0.2.0/24,198.51.100.0/24",
        },
        {},
    ),
    ({"estate_nodes_volume_gib": "many"}, {"estate_nodes_volume_gib": "unable to convert to int"}),
    ({"estate_p2p_enabled": "perhaps"}, {"estate_p2p_enabled": "unable to convert to bool"}),
    ({"host_patch_scope": "everything"}, {"host_patch_scope": "must be one of: security, all, got: everything"}),
    (
        {"host_hardening_shell_timeout": "never", "estate_proof_log_timeout": [], "estate_admin_cidr": "192.0.2.0/24"},
        {
            "estate_admin_cidr": "estate_admin_cidrs is. Rename it",
            "estate_proof_log_timeout": "unable to convert to int",
            "host_hardening_shell_timeout": "unable to convert to int",
        },
    ),
    # What it consists of is its role's business.
    ({"chainlink_release": {"tag": "2.30.1"}}, {}),
    ({"chainlink_release": "2.30.1"}, {"chainlink_release": "unable to convert to dict"}),
]


@pytest.mark.parametrize(("variables", "said"), TEST_VALUES)
def test_values(variables: dict[str, Any], said: dict[str, str]) -> None:
    found = dict(look(variables))
    assert found.keys() == said.keys(), found
    for name, words in said.items():
        assert words in found[name]


def test_values_are_templated_and_what_is_not_known_yet_is_left_to_its_role() -> None:
    templates = {
        "size": "many",
        "estate_nodes_volume_gib": trust_as_template("{{ size }}"),
        "estate_bastion_count": trust_as_template("{{ hostvars.localhost.later }}"),
    }
    assert [name for name, _ in look(templates, localhost={})] == ["estate_nodes_volume_gib"]


def test_names_are_looked_at_on_all_hosts() -> None:
    found = look({"estate_name": "oracle"}, node={"host_hardening_banners": "", "estate_name": "oracle"})
    assert [name for name, _ in found] == ["host_hardening_banners"]


@pytest.mark.parametrize(
    "value", [CANARY, [CANARY], {"key": CANARY}, [{"rpc": CANARY}], [{"rpc": [{"http_url": [CANARY]}]}]], ids=str
)
@pytest.mark.parametrize("name", ["chainlink_chains", "chainlink_database_password", "chainlink_keystore_passwort"])
def test_secrets_are_not_told(name: str, value: Any) -> None:
    assert CANARY not in str(look({name: value}))


def test_it_takes_no_terms() -> None:
    lookup = lookup_loader.get("nodeops.chainlink.option_problems")
    with pytest.raises(AnsibleError, match="takes no terms"):
        lookup.run(["estate_name"], variables={})
