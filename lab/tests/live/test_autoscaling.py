# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling with real hosts: how long a replacement takes, and what a lifecycle hook holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from nodeops_lab.engine import container

from .live_lab import Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

GROUP = "live-group"
STOP_SECONDS = 90
"""How long systemd waits for a service that ignores SIGTERM."""


@pytest.fixture(scope="module")
def group(live: LiveLab) -> Iterator[str]:
    """A group of one instance with a public address."""
    network = live.network()
    live.client("ec2").create_launch_template(
        LaunchTemplateName=GROUP,
        LaunchTemplateData={
            "ImageId": live.image_id(),
            "InstanceType": "t3.micro",
            "KeyName": network.key_name,
            "NetworkInterfaces": [
                {"DeviceIndex": 0, "Groups": [network.group_id], "AssociatePublicIpAddress": True},
            ],
        },
    )
    autoscaling = live.client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        LaunchTemplate={"LaunchTemplateName": GROUP},
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=1,
        VPCZoneIdentifier=",".join(network.subnet_ids),
    )
    until(lambda: "InService" in states(live).values())
    yield GROUP
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    until(lambda: not described(live))
    live.client("ec2").delete_launch_template(LaunchTemplateName=GROUP)


def described(live: LiveLab) -> list[dict[str, Any]]:
    groups = live.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
    return list(groups["AutoScalingGroups"])


def states(live: LiveLab) -> dict[str, str]:
    return {item["InstanceId"]: item["LifecycleState"] for group in described(live) for item in group["Instances"]}


def only(live: LiveLab) -> Host:
    """Return the group's one instance."""
    (instance_id,) = (name for name, state in states(live).items() if not state.startswith("Terminating"))
    return live.host(instance_id)


def exists(live: LiveLab, instance_id: str) -> bool:
    return container(live.settings.container(instance_id)) is not None


def test_terminated_instance_is_gone_at_once_and_replaced(
    live: LiveLab, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab("wait")
    lost = only(live)
    lost.run("sudo systemd-run --unit stubborn bash -c 'trap \"\" TERM; while :; do sleep 1; done'")
    began = time.monotonic()
    live.client("ec2").terminate_instances(InstanceIds=[lost.instance_id])
    until(lambda: not exists(live, lost.instance_id), seconds=STOP_SECONDS / 2, pause=0.1)
    gone = time.monotonic() - began

    until(lambda: any(name != lost.instance_id for name in states(live)), pause=0.2)
    replacement = only(live)
    until(replacement.reachable, seconds=120)
    assert replacement.run("cloud-init status --wait").endswith("status: done")
    replaced = time.monotonic() - began
    with capsys.disabled():
        print(f" terminated host gone after {gone:.1f} s, replacement ready after {replaced:.1f} s", end="")


def test_host_runs_while_its_termination_waits(live: LiveLab, group: str) -> None:
    lab("wait")
    autoscaling = live.client("autoscaling")
    leaving = only(live)
    hook = {"AutoScalingGroupName": group, "LifecycleHookName": "drain"}
    autoscaling.put_lifecycle_hook(**hook, LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
    autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    until(lambda: states(live) == {leaving.instance_id: "Terminating:Wait"})
    # Longer than a round of the reconciler.
    time.sleep(3)
    assert leaving.run("systemctl is-system-running") == "running"
    autoscaling.complete_lifecycle_action(**hook, InstanceId=leaving.instance_id, LifecycleActionResult="CONTINUE")
    until(lambda: not exists(live, leaving.instance_id))
    until(lambda: states(live) == {})
    autoscaling.delete_lifecycle_hook(**hook)
