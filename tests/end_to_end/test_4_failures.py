# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill it: the standby answers, and what was killed comes back as standby by itself."""

from __future__ import annotations

import time

from nodes import active_and_standby, seconds_to_start, wait_for_role, wait_until_served
from support import Estate

# The node's own times (design.md): a lease lasts 10 s; a waiting node looks every second, give or take 10 %.
LEASE_SECONDS = 10
POLL_SECONDS = 1.1
# What a busy machine may add. A standby that missed the end of the lease would need another whole lease.
SLACK_SECONDS = 8.0


def test_killed_container(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    killed = float(estate.host(active).check_output("date +%s.%N && docker kill --signal KILL chainlink >/dev/null"))
    served = wait_until_served(estate, standby, seconds=60)
    limit = LEASE_SECONDS + POLL_SECONDS + seconds_to_start(estate, standby) + SLACK_SECONDS
    print(f"outage after SIGKILL: {served - killed:.1f} s, limit {limit:.1f} s")
    assert served - killed <= limit
    wait_for_role(estate, active, "standby", timeout=60)


def test_rebooted_host(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    before = estate.host(active).check_output("cat /proc/sys/kernel/random/boot_id")
    rebooted = time.time()
    estate.client("ec2").reboot_instances(InstanceIds=[active])
    served = wait_until_served(estate, standby, seconds=90)
    limit = LEASE_SECONDS + POLL_SECONDS + seconds_to_start(estate, standby) + SLACK_SECONDS
    print(f"outage after a reboot: {served - rebooted:.1f} s, limit {limit:.1f} s")
    assert served - rebooted <= limit
    wait_for_role(estate, active, "standby", timeout=120)
    host = estate.host(active)
    assert host.check_output("cat /proc/sys/kernel/random/boot_id") != before
    started = float(host.check_output("stat --format %Y /run/chainlink/.password"))
    assert started >= rebooted - 1, "the secrets were rendered anew by the host itself"


def test_the_estate_is_whole_again(estate: Estate) -> None:
    answer = estate.playbook("playbooks/proof.yml")
    assert answer.returncode == 0, answer.stdout[-4000:]
