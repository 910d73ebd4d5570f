# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees right after site.yml: two zones, one active, one standby, hardened containers, no detour."""

from __future__ import annotations

import json
import re
import socket

import pytest
from nodes import active_and_standby, health
from playbook_output import recap
from support import Estate


def test_one_active_and_one_standby_in_different_zones(estate: Estate) -> None:
    zones = {instance["Placement"]["AvailabilityZone"] for instance in estate.instances("node")}
    assert len(zones) == 2
    active, standby = active_and_standby(estate)
    assert health(estate, active)["checks"], "an active node reports its checks"
    assert health(estate, standby)["role"] == "standby"


def test_container_is_confined(estate: Estate) -> None:
    for host in estate.nodes().values():
        inspected = json.loads(host.check_output("docker inspect chainlink"))[0]
        assert inspected["Config"]["User"] == "14933:14933"
        host_config = inspected["HostConfig"]
        assert host_config["ReadonlyRootfs"] is True
        assert host_config["CapDrop"] == ["ALL"]
        assert host_config["CapAdd"] in (None, [])
        assert any(option.startswith("no-new-privileges") for option in host_config["SecurityOpt"])
        assert host_config["Memory"] == host_config["MemorySwap"] > 0
        assert host_config["PidsLimit"] > 0
        # Without delay and without loss of more than a buffer: CloudWatch Logs that cannot be reached stop no node.
        log = host_config["LogConfig"]
        assert (log["Type"], log["Config"]["mode"], log["Config"]["max-buffer-size"]) == (
            "awslogs",
            "non-blocking",
            "16m",
        )
        assert log["Config"]["awslogs-group"] == f"/{estate.name}/node"
        # What the node says quotes its RPC URLs: no disk has it.
        assert log["Config"]["cache-disabled"] == "true"
        assert host.run("find /var/lib/docker/containers -name 'container-cached.log*' | grep .").rc == 1
        assert host_config["NetworkMode"] not in ("host",)
        status = host.check_output("cat /proc/$(docker inspect --format '{{.State.Pid}}' chainlink)/status")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        limits = host.check_output("cat /proc/$(docker inspect --format '{{.State.Pid}}' chainlink)/limits")
        limit = {name: values.split() for name, values in re.findall(r"^(Max [a-z ]+?)  +(.*)$", limits, re.MULTILINE)}
        assert limit["Max open files"][:2] == ["16384", "16384"]
        assert limit["Max core file size"][:2] == ["0", "0"]
        assert fields["Uid"].split() == ["14933"] * 4
        assert int(fields["CapBnd"], 16) == 0
        assert fields["NoNewPrivs"] == "1"


def test_every_host_runs_the_image_that_was_pinned(estate: Estate) -> None:
    release = estate.record["release"]
    assert release["digest"].startswith("sha256:")
    reference = f"{release['registry']}/{release['repository']}:{release['tag']}@{release['digest']}"
    for host in estate.nodes().values():
        assert host.check_output("docker inspect --format '{{.Config.Image}}' chainlink") == reference


def test_rendered_files_are_in_memory_and_the_nodes_alone(estate: Estate) -> None:
    for host in estate.nodes().values():
        assert host.check_output("stat --file-system --format %T /run/chainlink") == "tmpfs"
        assert host.check_output("stat --format '%u %a' /run/chainlink") == "14933 500"
        listing = host.check_output("stat --format '%n %u %a' /run/chainlink/.[a-z]* /run/chainlink/*").splitlines()
        assert sorted(line.split()[0].rsplit("/", 1)[1] for line in listing) == [
            ".api",
            ".password",
            "config.toml",
            "secrets.toml",
        ]
        assert {tuple(line.split()[1:]) for line in listing} == {("14933", "400")}
        for name in ("secrets.toml", ".password", ".api"):
            assert host.run(f"runuser -u nobody -- cat /run/chainlink/{name}").rc != 0


def test_container_cannot_reach_the_instance_role(estate: Estate) -> None:
    active, _standby = active_and_standby(estate)
    answer = estate.host(active).run(
        "docker exec chainlink curl --silent --show-error --max-time 3 --request PUT "
        "--header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token"
    )
    assert answer.rc != 0
    assert answer.stdout == ""


def test_nodes_answer_ssh_from_the_bastion_only(estate: Estate) -> None:
    for instance in estate.instances("node"):
        with pytest.raises(OSError, match="timed out"):
            socket.create_connection((instance["PrivateIpAddress"], 22), timeout=2).close()


def test_inventory_groups_and_reaches_the_hosts(estate: Estate) -> None:
    answer = estate.ansible("bastion:nodes", "ansible.builtin.ping")
    assert answer.count("SUCCESS") == 3, answer
    listing = estate.ansible("all", "ansible.builtin.debug", "var=group_names")
    assert listing.count("nodes") >= 2


def test_node_user_owns_its_database_and_is_not_the_master(estate: Estate) -> None:
    manager = estate.client("secretsmanager")
    user = json.loads(manager.get_secret_value(SecretId=f"{estate.name}/database")["SecretString"])["username"]
    master = json.loads(manager.get_secret_value(SecretId=f"{estate.name}/database-master")["SecretString"])["username"]
    assert user != master
    active, _standby = active_and_standby(estate)
    url = estate.host(active).check_output("cat /run/chainlink/secrets.toml")
    assert f"//{user}:" in url
    assert "sslmode=verify-full" in url


def test_check_mode_on_a_running_estate_changes_nothing(estate: Estate) -> None:
    answer = estate.playbook("site.yml", "--check", "--diff")
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr[-2000:]
    assert {host: counts["changed"] for host, counts in recap(answer.stdout).items()} == dict.fromkeys(
        recap(answer.stdout), 0
    )
    leaked = [name for name, value in estate.secrets().items() if value in answer.stdout + answer.stderr]
    assert leaked == []
