# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does about a node that does not recover by itself: start it anew, or have the host replaced."""

from __future__ import annotations

import time

import pytest
from nodes import active_and_standby, wait_for_role, wait_until_served
from support import Estate

# Systemd's way to change the time until a host gives itself up, for one that is about to go.
SOON = """
mkdir -p /run/systemd/system/chainlink-watch.service.d
sed -n 's/^ExecStart=\\(.*\\) --unable-seconds .*/[Service]\\nExecStart=\\nExecStart=\\1 --unable-seconds 20/p' \
  /etc/systemd/system/chainlink-watch.service > /run/systemd/system/chainlink-watch.service.d/soon.conf
systemctl daemon-reload
systemctl restart chainlink-watch.service
"""
HAS_LOOKED_SECONDS = 15


@pytest.mark.long
def test_a_node_that_hangs_is_started_anew_by_its_host(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    host = estate.host(active)
    container = host.check_output("docker inspect --format '{{.Id}}' chainlink")
    host.check_output("docker kill --signal STOP chainlink")
    wait_until_served(estate, standby, seconds=60)
    began = time.monotonic()
    while host.check_output("docker ps --no-trunc --quiet --filter name=^/chainlink$") in ("", container):
        assert time.monotonic() - began < 240, host.check_output("journalctl --unit chainlink-watch.service --lines 20")
        time.sleep(2)
    wait_for_role(estate, active, "standby", timeout=120)
    print(f"a node that hung stood by again {time.monotonic() - began:.0f} s after the other one served")
    journal = host.check_output("journalctl --unit chainlink-watch.service --lines 20")
    assert "restarting the node: it neither serves nor waits for the lease" in journal
    assert active_and_standby(estate) == (standby, active)


@pytest.mark.long
def test_an_operator_may_stop_a_node(estate: Estate) -> None:
    _active, standby = active_and_standby(estate)
    host = estate.host(standby)
    host.check_output(SOON)
    host.check_output("systemctl stop chainlink.service")
    # Nothing stays behind of what was rendered.
    assert host.run("ls /run/chainlink").rc != 0
    time.sleep(20 + 2 * HAS_LOOKED_SECONDS)
    assert "Unhealthy" not in str(health_states(estate))
    host.check_output("systemctl start chainlink.service")
    wait_for_role(estate, standby, "standby", timeout=120)


@pytest.mark.long
def test_people_are_called_about_a_standby_that_can_render_nothing(estate: Estate) -> None:
    """As after a reboot: nothing there says how to ask the database, so nobody knows whether the other one serves."""
    active, standby = active_and_standby(estate)
    host, manager, secret = estate.host(standby), estate.client("secretsmanager"), f"{estate.name}/keystore"
    kept = manager.get_secret_value(SecretId=secret)["SecretString"]
    host.check_output("systemctl stop chainlink.service")
    manager.put_secret_value(SecretId=secret, SecretString="{}")
    try:
        host.check_output(SOON)
        began = time.time()
        host.check_output("systemctl start --no-block chainlink.service")
        while not called(estate, standby, began):
            assert time.time() - began < 120, host.check_output("journalctl --unit chainlink-watch.service --lines 20")
            time.sleep(2)
        assert "Unhealthy" not in health_states(estate).values()
    finally:
        manager.put_secret_value(SecretId=secret, SecretString=kept)
    wait_for_role(estate, standby, "standby", timeout=180)
    assert active_and_standby(estate) == (active, standby)


@pytest.mark.long
def test_a_host_on_which_the_node_cannot_run_is_replaced(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    host = estate.host(standby)
    # It must have learnt how to ask the database before the node's files go.
    host.check_output(SOON)
    time.sleep(HAS_LOOKED_SECONDS)
    host.check_output("mv /usr/bin/docker /usr/bin/docker.away; docker.away kill chainlink")
    began = time.monotonic()
    while standby in estate.nodes():
        assert time.monotonic() - began < 180, host.check_output("journalctl --unit chainlink-watch.service --lines 20")
        time.sleep(2)
    print(f"a host that could not run the node was given up after {time.monotonic() - began:.0f} s")
    assert active in estate.nodes()


def called(estate: Estate, instance_id: str, since: float) -> bool:
    """Return whether the watch of a host has written the line that the alarm on critical lines counts."""
    found = estate.client("logs").filter_log_events(
        logGroupName=f"/{estate.name}/node",
        logStreamNamePrefix=f"{instance_id}-watch",
        startTime=int(since * 1000),
    )
    return any('"watch": "helpless"' in event["message"] for event in found["events"])


def health_states(estate: Estate) -> dict[str, str]:
    """Return what Auto Scaling thinks of each instance of the estate."""
    found = estate.client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
    return {item["InstanceId"]: item["HealthStatus"] for item in found}
