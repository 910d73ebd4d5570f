# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How hosts are reached, as OpenSSH reads the configuration."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible.plugins.filter.core import FilterModule

ROLE = Path(__file__).resolve().parents[4] / "roles" / "estate_connection"
TEMPLATES = ROLE / "templates"
BASTION, NODE = "i-0b", "i-0a"
Way = dict[str, str]
"""What OpenSSH does to reach a host: its options, by their names in small letters."""


def instance(identity: str, role: str) -> dict[str, object]:
    """An instance as amazon.aws.ec2_instance_info describes it."""
    return {
        "instance_id": identity,
        "tags": {"nodeops:role": role},
        "placement": {"availability_zone": "eu-central-1a"},
        "private_ip_address": f"10.42.0.{len(role)}",
        "public_ip_address": "192.0.2.1" if role == "bastion" else None,
    }


@pytest.fixture
def way_to(tmp_path: Path) -> Callable[[str, str, list[str]], Way]:
    """Returns a function that writes the configuration for a way in, and asks OpenSSH for the way to a host."""

    def ask(via: str, host: str, roles: list[str]) -> Way:
        instances = [instance(BASTION if role == "bastion" else NODE, role) for role in roles]
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            # As Ansible does.
            trim_blocks=True,
            undefined=jinja2.StrictUndefined,
            autoescape=False,
        )
        environment.filters.update(FilterModule().filters())
        text = environment.get_template("ssh_config.j2").render(
            ansible_managed="written by Ansible",
            estate_region="eu-central-1",
            __estate_connection_directory=str(tmp_path),
            __estate_connection_user="admin",
            estate_connection_via=via,
            estate_ssh_private_key_file="/keys/oracle",
            __estate_connection_instances=instances,
            __estate_connection_bastions=[one for one in instances if one["instance_id"] == BASTION],
        )
        path = tmp_path / "ssh_config"
        path.write_text(text, encoding="utf-8")
        answer = subprocess.run(["ssh", "-G", "-F", str(path), host], text=True, capture_output=True, check=True)
        return dict(line.split(" ", 1) for line in answer.stdout.splitlines() if " " in line)

    return ask


def test_a_session_leads_to_every_host(way_to: Callable[[str, str, list[str]], Way]) -> None:
    """Without a bastion, and to the bastion itself where there is one."""
    for roles, host in ((["node"], NODE), (["bastion", "node"], NODE), (["bastion", "node"], BASTION)):
        way = way_to("ssm", host, roles)
        assert way["proxycommand"] == (
            f"aws ssm start-session --region eu-central-1 --target {host} --document-name AWS-StartSSHSession "
            "--parameters portNumber=%p"
        )
        assert "proxyjump" not in way
        # No address: the session knows the host by its id.
        assert (way["hostname"], way["hostkeyalias"]) == (host, host)


def test_the_bastion_leads_to_the_nodes(way_to: Callable[[str, str, list[str]], Way]) -> None:
    roles = ["bastion", "node"]
    node, bastion = way_to("bastion", NODE, roles), way_to("bastion", BASTION, roles)
    assert (node["hostname"], node["hostkeyalias"], node["proxyjump"]) == ("10.42.0.4", NODE, BASTION)
    assert (bastion["hostname"], bastion["hostkeyalias"]) == ("192.0.2.1", BASTION)
    assert "proxyjump" not in bastion
    assert "proxycommand" not in node | bastion


@pytest.mark.parametrize("via", ["ssm", "bastion"])
def test_only_known_hosts_are_spoken_to_and_with_one_key(
    way_to: Callable[[str, str, list[str]], Way], tmp_path: Path, via: str
) -> None:
    way = way_to(via, NODE, ["bastion", "node"])
    assert way["user"] == "admin"
    assert (way["identityfile"], way["identitiesonly"]) == ("/keys/oracle", "yes")
    assert (way["userknownhostsfile"], way["stricthostkeychecking"]) == (f"{tmp_path}/known_hosts", "true")


# (way in, roles of the hosts that run, whether it leads anywhere)
TEST_WAY_IN = [
    ("bastion", ["bastion", "node"], True),
    ("bastion", ["bastion"], True),
    ("bastion", ["node"], False),
    ("ssm", ["node"], True),
]


@pytest.mark.parametrize(("via", "roles", "leads"), TEST_WAY_IN)
def test_a_lost_bastion_is_said_in_words(via: str, roles: list[str], leads: bool) -> None:
    tasks = yaml.safe_load((ROLE / "tasks/main.yml").read_text(encoding="utf-8"))
    steps = ["configuration.yml" if "ansible.builtin.include_tasks" in task else task for task in tasks]
    (refusal,) = (task for task in tasks if "ansible.builtin.assert" in task)
    assert steps.index(refusal) < steps.index("configuration.yml")
    holds = jinja2.Environment(autoescape=False).compile_expression(refusal["ansible.builtin.assert"]["that"])
    bastions = [instance(BASTION, role) for role in roles if role == "bastion"]
    assert holds(estate_connection_via=via, __estate_connection_bastions=bastions) is leads
