# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel, accounts, journal, time and updates."""

from __future__ import annotations

import pytest
from prepared import Hosts

EVERYWHERE = ["jump", "node", "dnf"]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_kernel(hosts: Hosts, name: str) -> None:
    host = hosts.host(name)
    assert host.sysctl("kernel.kptr_restrict") == 2
    assert host.sysctl("fs.suid_dumpable") == 0
    assert host.sysctl("net.ipv4.conf.all.accept_redirects") == 0
    # The interface that is there counts, too.
    assert host.sysctl("net.ipv4.conf.eth0.accept_redirects") == 0
    assert host.sysctl("net.ipv4.ip_forward") == (1 if name == "node" else 0)
    # Kernels differ: what this one lacks was left out.
    assert not host.file("/proc/sys/kernel/sysrq").exists or host.sysctl("kernel.sysrq") == 0


@pytest.mark.parametrize("name", EVERYWHERE)
def test_unused_modules_are_not_loaded(hosts: Hosts, name: str) -> None:
    answer = hosts.ssh(name, "sudo modprobe --ignore-install -n sctp; sudo modprobe --showconfig | grep ' sctp'")
    assert "install sctp /bin/false" in answer.stdout


@pytest.mark.parametrize("name", EVERYWHERE)
def test_core_dumps_umask_and_homes(hosts: Hosts, name: str) -> None:
    answer = hosts.ssh(name, "ulimit -Hc; umask; sudo sh -c umask; stat -c %a ~; cat /etc/shadow 2>&1 | tail -1")
    core, umask, root_umask, home, shadow = answer.stdout.splitlines()
    assert (core, umask, root_umask) == ("0", "0027", "0027")
    assert home.endswith("0")
    assert "Permission denied" in shadow


@pytest.mark.parametrize("name", EVERYWHERE)
def test_journal_and_time(hosts: Hosts, name: str) -> None:
    answer = hosts.succeeds(name, "journalctl --sync; ls /var/log/journal/*/system.journal; chronyc -n sources")
    assert "/system.journal" in answer
    assert "169.254.169.123" in answer


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_login_sees_the_warning(hosts: Hosts, name: str) -> None:
    assert "Authorized access only" in hosts.ssh(name, "true").stderr


@pytest.mark.parametrize("name", ["jump", "node"])
def test_apt_installs_nothing_by_itself(hosts: Hosts, name: str) -> None:
    settings = hosts.succeeds(
        name, "apt-config dump | grep APT::Periodic; systemctl is-enabled apt-daily-upgrade.timer || true"
    )
    assert 'APT::Periodic::Unattended-Upgrade "0"' in settings
    assert settings.endswith("disabled\n")


def test_packages_are_installed_under_the_umask(hosts: Hosts) -> None:
    """An upgrade by hand or by Ansible runs with sudo's umask; what it makes must stay readable for services."""
    hosts.succeeds("jump", "apt-get -qq update")
    assert hosts.ssh("jump", "apt-cache policy bash | grep -c Candidate").stdout == "1\n"


def test_dnf_installs_security_updates_by_itself_and_no_others(hosts: Hosts) -> None:
    # Of an earlier run of the tests.
    hosts.succeeds("dnf", "rpm --quiet -q advised-1.0 || dnf --quiet --assumeyes downgrade advised-1.0")
    assert "TEST-2026-1" in hosts.succeeds("dnf", "dnf --quiet updateinfo list")
    assert hosts.succeeds("dnf", "systemctl is-active dnf-automatic.timer") == "active\n"
    # What the timer starts.
    hosts.succeeds("dnf", "systemctl start dnf-automatic.service")
    assert hosts.succeeds("dnf", "rpm -q advised ordinary").split() == ["advised-1.1-1.noarch", "ordinary-1.0-1.noarch"]
