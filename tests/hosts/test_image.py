# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sealed host works as before, and its disk has nothing that only it may be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from prepared import Hosts

PROGRAM = Path(__file__).resolve().parents[2] / "roles/chainlink_node/files/chainlink-image"
IDENTITY = """
sha256sum /etc/machine-id /etc/ssh/ssh_host_* /etc/hostname /etc/docker/key.json
stat -c '%a %U %n' /etc/ssh/ssh_host_*
find /var/lib/amazon -type f -printf '%p %m ' -exec cat {} ';'
"""
# As the agent of Systems Manager leaves it where it has run something, and has registered.
AGENT = """
set -e
cd /var/lib/amazon/ssm 2>/dev/null || { mkdir -p /var/lib/amazon/ssm; cd /var/lib/amazon/ssm; }
mkdir -p i-0123/document/orchestration/one Vault/Store
echo said > i-0123/document/orchestration/one/stdout
echo registered > Vault/Store/RegistrationKey
chmod 600 Vault/Store/RegistrationKey
"""
# The disk as an image of it has it: without what is mounted over it.
ON_DISK = """
set -e
mount --bind / /mnt
trap 'umount /mnt' EXIT
stat -c '%s %n' /mnt/etc/machine-id
find /mnt/etc/ssh -name 'ssh_host_*' && find /mnt/home /mnt/root -path '*/.ssh/*' -type f
find /mnt/var/lib/amazon -type f
ls -d /mnt/etc/hostname /mnt/etc/docker/key.json /mnt/var/lib/cloud /mnt/var/log/wtmp 2>/dev/null || true
find /mnt/var/log/journal -mindepth 1
"""


@pytest.fixture(scope="module")
def identity(hosts: Hosts) -> str:
    hosts.succeeds("node", f"cat > /usr/local/sbin/chainlink-image <<'END'\n{PROGRAM.read_text(encoding='utf-8')}\nEND")
    hosts.succeeds("node", "chmod 755 /usr/local/sbin/chainlink-image && logger before-the-seal && journalctl --sync")
    hosts.succeeds("node", AGENT)
    return hosts.succeeds("node", IDENTITY)


def test_a_sealed_host_works_and_its_disk_has_no_identity(hosts: Hosts, identity: str) -> None:
    assert hosts.succeeds("node", "chainlink-image seal --seconds=600") == "sealed\n"
    try:
        # Each of these is a new session: host keys and authorized keys are there for the SSH server.
        assert hosts.succeeds("node", ON_DISK) == "0 /mnt/etc/machine-id\n"
        assert hosts.succeeds("node", "sha256sum /etc/machine-id /etc/ssh/ssh_host_*") in identity
        assert hosts.succeeds("node", "logger while-sealed; systemctl is-active docker") == "active\n"
        # As an update of the server does it.
        hosts.succeeds("node", "echo '# newer' > /etc/ssh/moduli.new && mv /etc/ssh/moduli.new /etc/ssh/moduli")
    finally:
        assert hosts.succeeds("node", "chainlink-image unseal") == "unsealed\n"
    assert hosts.succeeds("node", IDENTITY) == identity
    assert hosts.succeeds("node", "cat /etc/ssh/moduli") == "# newer\n"
    journal = hosts.succeeds("node", "journalctl --sync; journalctl --no-pager --output=cat")
    assert "before-the-seal" in journal
    assert "while-sealed" in journal
    assert hosts.succeeds("node", "mount | grep -c nodeops-sealed || true") == "0\n"
    assert hosts.succeeds("node", "systemctl list-timers --all | grep -c nodeops-unseal || true") == "0\n"
    assert hosts.succeeds("node", "chainlink-image unseal") == "not sealed\n"


def test_it_opens_by_itself_and_a_second_seal_opens_the_first(hosts: Hosts, identity: str) -> None:
    for _time in range(2):
        assert hosts.succeeds("node", "chainlink-image seal --seconds=4") == "sealed\n"
    deadline = time.monotonic() + 30
    while hosts.ssh("node", "sudo mountpoint -q /run/nodeops-sealed").returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert hosts.succeeds("node", IDENTITY) == identity
