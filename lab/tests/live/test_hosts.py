# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts follow their instances."""

from __future__ import annotations

import subprocess

import pytest

from .live_lab import Host, LiveLab, until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def host(live: LiveLab) -> Host:
    """An instance that the tests of this file share; the lab's end is its end."""
    return live.launch()


def test_a_launched_instance_is_reached_under_the_key_that_its_console_told(host: Host) -> None:
    assert host.run("systemctl is-system-running") == "running"


def test_the_operator_comes_from_outside_and_has_no_other_way_in(live: LiveLab, host: Host) -> None:
    assert host.run("echo $SSH_CLIENT").split()[0] == live.settings.client_address
    # The machine is a neighbour of every host: the rules must hold against it, even where they let its network in.
    group_id = live.network().group_id
    everyone = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    live.client("ec2").authorize_security_group_ingress(GroupId=group_id, IpPermissions=[everyone])
    until(lambda: "10.0.0.0/8" in host.run("sudo nft list table inet lab_security_groups"))
    scanned = subprocess.run(["timeout", "3", "bash", "-c", f"< /dev/tcp/{host.address}/22"], check=False)
    assert scanned.returncode == 124
    live.client("ec2").revoke_security_group_ingress(GroupId=group_id, IpPermissions=[everyone])


def test_outbound_rules_hold(live: LiveLab, host: Host) -> None:
    ec2, group_id = live.client("ec2"), live.network().group_id
    ask = "curl -sS -m 3 -o /dev/null https://sts.us-east-1.amazonaws.com/"
    assert host.ssh(ask).returncode == 0
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[everything])
    until(lambda: host.ssh(ask).returncode == 28)
    # Names and instance metadata are never filtered.
    assert host.ssh("getent ahostsv4 sts.us-east-1.amazonaws.com").returncode == 0
    assert host.run("curl -sS -m 3 -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/") == "401"
    ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[everything])
    until(lambda: host.ssh(ask).returncode == 0)


def test_an_elastic_address_moves_to_a_running_instance(live: LiveLab, host: Host) -> None:
    ec2 = live.client("ec2")
    made = ec2.allocate_address(Domain="vpc")
    moved = Host(live, host.instance_id, host.address, made["PublicIp"])
    assert not moved.reachable()
    ec2.associate_address(InstanceId=host.instance_id, AllocationId=made["AllocationId"])
    until(moved.reachable)
    # A host of the region that uses a public address comes from its own public one.
    neighbour = live.launch(zone=1)
    ask = f"timeout 2 bash -c 'head -c 7 < /dev/tcp/{moved.public_address}/22'"
    assert neighbour.ssh(ask).returncode == 124
    source = [{"CidrIp": f"{neighbour.public_address}/32"}]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": source}
    ec2.authorize_security_group_ingress(GroupId=live.network().group_id, IpPermissions=[permission])
    until(lambda: neighbour.ssh(ask).stdout == "SSH-2.0")
    ec2.revoke_security_group_ingress(GroupId=live.network().group_id, IpPermissions=[permission])
    live.terminate(neighbour)
    ec2.disassociate_address(PublicIp=made["PublicIp"])
    until(lambda: not moved.reachable())
    ec2.release_address(AllocationId=made["AllocationId"])


def test_a_terminated_instance_goes(live: LiveLab, host: Host) -> None:
    live.terminate(host)
    assert not host.reachable()
