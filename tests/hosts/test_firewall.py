# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host is reached from where. Each refusal stands beside a way in which the same port answers."""

from __future__ import annotations

import socket

import pytest
from prepared import Hosts

pytestmark = pytest.mark.usefixtures("services")


def answers(address: str, port: int) -> bool:
    """Return whether this machine, a stranger to the node, reaches a port."""
    try:
        socket.create_connection((address, port), timeout=2).close()
    except TimeoutError:
        return False
    return True


def test_the_host_itself_reaches_what_it_serves(hosts: Hosts) -> None:
    assert [hosts.served("node", "127.0.0.1", port) for port in (6688, 7777, 8888)] == [True, True, True]


def test_a_listener_of_the_host_is_not_reached(hosts: Hosts) -> None:
    assert not answers(hosts.address("node"), 8888)
    assert not hosts.served("dnf", hosts.address("node"), 8888)


def test_a_published_port_is_not_reached(hosts: Hosts) -> None:
    """The engine's own rules would let everybody in."""
    assert not answers(hosts.address("node"), 6688)
    assert not answers(hosts.address("node"), 7777)
    assert not hosts.served("jump", hosts.address("node"), 6688)


def test_the_nodes_port_is_reached_from_where_it_may(hosts: Hosts) -> None:
    assert hosts.served("dnf", hosts.address("node"), 6688)
    assert not hosts.served("dnf", hosts.address("node"), 7777)


def test_a_containers_own_address_is_not_reached(hosts: Hosts) -> None:
    address = hosts.succeeds("node", "docker inspect -f '{{.NetworkSettings.IPAddress}}' chosen").strip()
    assert hosts.served("node", address, 6688)
    hosts.succeeds("dnf", f"ip route replace {address} via {hosts.address('node')}")
    assert not hosts.served("dnf", address, 6688)


def test_ssh_is_reached_from_where_it_may(hosts: Hosts) -> None:
    assert answers(hosts.address("jump"), 22)
    assert not answers(hosts.address("node"), 22)
    assert hosts.ssh("node", "true").returncode == 0
    assert not hosts.served("node", hosts.address("jump"), 22)


def test_a_container_reaches_the_world(hosts: Hosts) -> None:
    with socket.create_server((f"{hosts.network}.1", 0)) as server:
        server.settimeout(20)
        port = server.getsockname()[1]
        assert hosts.container_reaches(f"{hosts.network}.1:{port}")


def test_a_container_does_not_reach_the_hosts_credentials(hosts: Hosts) -> None:
    """The host with dnf plays the metadata service, which answers the host and no container."""
    serve = (
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 5) or die; "
        'while (my $c = $s->accept) { print $c "served\\n"; close $c; }'
    )
    hosts.succeeds(
        "dnf",
        "ip address replace 169.254.169.254/32 dev eth0; nft insert rule inet nodeops_host input tcp dport 80 accept; "
        f"systemctl is-active -q metadata || systemd-run --quiet --unit=metadata /usr/bin/perl -e '{serve}'",
    )
    assert hosts.served("node", "169.254.169.254", 80)
    assert not hosts.container_reaches("169.254.169.254:80")


def test_loading_the_rules_again_disturbs_nobody(hosts: Hosts) -> None:
    hosts.succeeds("node", "systemctl reload nodeops-firewall && systemctl restart nodeops-firewall")
    assert hosts.served("node", "127.0.0.1", 6688)
    assert hosts.served("dnf", hosts.address("node"), 6688)
    assert not hosts.served("jump", hosts.address("node"), 6688)
