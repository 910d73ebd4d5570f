# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: the same playbook deploys every release of it over an empty database, proven, and nothing leaks."""

from __future__ import annotations

import re

import pytest
from hunt import assert_clean, hunt_in_aws, hunt_in_files, hunt_in_the_region, hunt_on_the_hosts
from nodes import active_and_standby, sql
from operations import deploy_anew, releases
from support import Estate

pytestmark = pytest.mark.long

RELEASES = ("1.12.0", "1.13.3", "2.9.0", "2.29.0", "2.30.1", "2.46.0")


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_deploys_and_proves(estate: Estate, release: str) -> None:
    output = deploy_anew(estate, release, "-vvv", "--diff")
    for host, role in zip(active_and_standby(estate), ("active", "standby"), strict=True):
        assert re.search(rf"{host} +\S+ +{role} +{re.escape(release)}", output), output[-3000:]
    assert releases(estate) == {release}
    assert sql(estate, "SELECT version FROM node_versions") == [[release]]
    assert estate.record["release"]["tag"] == release
    assert_clean(estate, "ansible-playbook -vvv --diff", output)
    # A 1.x node takes its settings by its environment.
    hunt_on_the_hosts(estate, environment_of_the_node=not release.startswith("1."))
    hunt_in_files(estate)
    hunt_in_aws(estate)
    hunt_in_the_region(estate)
