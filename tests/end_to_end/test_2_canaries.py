# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is found anywhere but in memory: the hunt for the values that Secrets Manager holds."""

from __future__ import annotations

import pytest
from hunt import assert_clean, hunt_in_aws, hunt_in_files, hunt_in_the_region, hunt_on_the_hosts, needles
from playbook_output import recap
from support import Estate


@pytest.fixture(scope="module")
def verbose_run(estate: Estate) -> str:
    answer = estate.playbook("site.yml", "-vvv", "--diff")
    assert answer.returncode == 0, answer.stdout[-4000:]
    return answer.stdout + answer.stderr


def test_the_hunt_finds_what_is_there(estate: Estate) -> None:
    """The method itself: the rendered files hold the secrets, and the hunt sees them there."""
    for host in estate.nodes().values():
        rendered = host.check_output("cat /run/chainlink/.password /run/chainlink/.api /run/chainlink/*.toml")
        seen = [name for name, value in needles(estate).items() if value in rendered]
        assert len(seen) >= 5


def test_a_second_run_changes_nothing(verbose_run: str) -> None:
    counts = recap(verbose_run)
    assert len(counts) == 4
    assert {host: count["changed"] for host, count in counts.items()} == dict.fromkeys(counts, 0)


def test_ansible_output(estate: Estate, verbose_run: str) -> None:
    assert "PLAY RECAP" in verbose_run
    assert_clean(estate, "ansible-playbook -vvv --diff", verbose_run)


def test_facts(estate: Estate) -> None:
    facts = estate.ansible("bastion:nodes", "ansible.builtin.setup", "", "--become")
    assert "ansible_facts" in facts
    assert_clean(estate, "facts", facts)
    variables = estate.ansible("nodes", "ansible.builtin.debug", "var=hostvars")
    rpc = [name for name in needles(estate) if "/rpc" in name]
    # The operator's own inventory holds the RPC URLs that he wrote there; nothing else may stand in it.
    leaked = [name for name, value in needles(estate).items() if value in variables and name not in rpc]
    assert leaked == []


def test_processes_and_containers_of_the_hosts(estate: Estate) -> None:
    hunt_on_the_hosts(estate, environment_of_the_node=True)


def test_files_of_the_hosts(estate: Estate) -> None:
    hunt_in_files(estate)


def test_what_aws_shows(estate: Estate) -> None:
    hunt_in_aws(estate)


def test_the_region_itself(estate: Estate) -> None:
    hunt_in_the_region(estate)
