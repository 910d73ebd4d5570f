# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that the Molecule scenario `hosts` made and prepared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prepared import MAKE_PROBE, PROBE, SERVE, Hosts


@pytest.fixture(scope="session")
def hosts() -> Hosts:
    return Hosts(Path(os.environ["NODEOPS_HOSTS_DIRECTORY"]), os.environ["NODEOPS_HOSTS_NETWORK"])


@pytest.fixture(scope="session")
def services(hosts: Hosts) -> None:
    """Two published containers on the node, on the node's port and on another, and a listener of the host itself."""
    hosts.succeeds(
        "node",
        f"""{MAKE_PROBE}
docker rm --force chosen other >/dev/null 2>&1 || true
systemctl stop listener 2>/dev/null || true
docker run -d --name chosen -p 6688:6688 {PROBE} /usr/bin/perl -e '{SERVE}' >/dev/null
docker run -d --name other -p 7777:6688 {PROBE} /usr/bin/perl -e '{SERVE}' >/dev/null
systemd-run --quiet --unit=listener /usr/bin/perl -e '{SERVE.replace("6688", "8888")}'
""",
    )
