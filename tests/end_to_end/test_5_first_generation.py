# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first generation: a 1.x release is deployed by the same playbook and proven, and leaks nothing either.

Here a story begins anew: it gives the estate an empty database, since no older node starts on a newer one's.
"""

from __future__ import annotations

import pytest
from hunt import (
    assert_clean,
    hunt_in_aws,
    hunt_in_files,
    hunt_in_the_region,
    hunt_on_the_hosts,
    needles,
    own_process,
)
from nodes import active_and_standby, health
from operations import deploy_anew
from support import Estate

RELEASE = "1.12.0"


@pytest.fixture(scope="module")
def deployment(estate: Estate) -> str:
    """Deploy the release over an empty database; return everything that Ansible printed."""
    return deploy_anew(estate, RELEASE, "-vvv", "--diff")


def test_it_runs_as_active_and_standby(estate: Estate, deployment: str) -> None:
    active, standby = active_and_standby(estate)
    assert health(estate, active)["release"] == RELEASE
    assert health(estate, standby)["release"] == RELEASE
    assert f"{RELEASE}" in deployment


def test_its_files_are_in_memory_and_the_nodes_alone(estate: Estate, deployment: str) -> None:
    for host in estate.nodes().values():
        assert host.check_output("stat --file-system --format %T /run/chainlink") == "tmpfs"
        listing = host.check_output("stat --format '%n %u %a' /run/chainlink/.[a-z]*").splitlines()
        assert sorted(listing) == [f"/run/chainlink/{name} 14933 400" for name in (".api", ".env", ".password")]


def test_its_settings_are_in_its_own_environment_only(estate: Estate, deployment: str) -> None:
    """That is where the hunt does not look; it finds them there, so they are nowhere else."""
    active, _standby = active_and_standby(estate)
    host = estate.host(active)
    environment = host.check_output(f"tr '\\0' '\\n' < /proc/{own_process(host)}/environ")
    assert len([value for value in needles(estate).values() if value in environment]) >= 2
    hunt_on_the_hosts(estate, environment_of_the_node=False)


def test_ansible_output(estate: Estate, deployment: str) -> None:
    assert "PLAY RECAP" in deployment
    assert_clean(estate, "ansible-playbook -vvv --diff", deployment)


def test_files_of_the_hosts(estate: Estate, deployment: str) -> None:
    hunt_in_files(estate)


def test_what_aws_shows(estate: Estate, deployment: str) -> None:
    hunt_in_aws(estate)


def test_the_region_itself(estate: Estate, deployment: str) -> None:
    hunt_in_the_region(estate)
