# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine of the node host, and what it gives a container."""

from __future__ import annotations

import re

import pytest
from prepared import PROBE, Hosts

pytestmark = pytest.mark.usefixtures("services")


def test_the_socket_is_roots_alone(hosts: Hosts) -> None:
    hosts.succeeds("node", "id member >/dev/null 2>&1 || useradd --groups docker member")
    answer = hosts.ssh("node", "sudo -u member docker ps")
    assert answer.returncode == 1
    assert "permission denied" in answer.stderr


def test_the_socket_stays_roots_at_boot(hosts: Hosts) -> None:
    assert hosts.succeeds("node", "systemctl show docker.socket --property=SocketGroup --value") == "root\n"


def test_systemd_never_gives_the_engine_up(hosts: Hosts) -> None:
    wanted = "Restart,RestartUSec,StartLimitIntervalUSec"
    shown = hosts.succeeds("node", f"systemctl show docker.service --property={wanted}")
    assert sorted(shown.split()) == ["Restart=always", "RestartUSec=2s", "StartLimitIntervalUSec=0"]


def test_a_container_gains_no_privileges(hosts: Hosts) -> None:
    answer = hosts.succeeds("node", f"docker run --rm {PROBE} /bin/cat /proc/self/status")
    assert re.search(r"^NoNewPrivs:\s+1$", answer, re.MULTILINE)


def test_containers_do_not_reach_each_other(hosts: Hosts) -> None:
    address = hosts.succeeds("node", "docker inspect -f '{{.NetworkSettings.IPAddress}}' chosen").strip()
    assert not hosts.container_reaches(f"{address}:6688")


def test_a_restart_of_the_engine_leaves_containers_running(hosts: Hosts) -> None:
    before = hosts.succeeds("node", "docker inspect -f '{{.State.StartedAt}}' chosen")
    hosts.succeeds("node", "systemctl restart docker")
    assert hosts.succeeds("node", "docker inspect -f '{{.State.StartedAt}}' chosen") == before
    assert hosts.served("node", "127.0.0.1", 6688)
    assert not hosts.served("jump", hosts.address("node"), 6688)
