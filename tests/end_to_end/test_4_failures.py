# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill it: the standby answers, and what was killed comes back as standby by itself.

And take something from it that it needs: the cause is told, and nothing is restarted.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from nodes import active_and_standby, health, run_statement, seconds_to_start, wait_for_role, wait_until_served
from playbook_output import recap
from support import Estate

# The node's own times (docs/operations/failover.md): a lease lasts 10 s; a waiting node looks every second or so.
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


@contextlib.contextmanager
def without(estate: Estate, right: str, holder: str) -> Iterator[None]:
    """Take a right from who has it, and give it back."""
    run_statement(estate, f"REVOKE {right} FROM {holder}")
    try:
        yield
    finally:
        run_statement(estate, f"GRANT {right} TO {holder}")


CAUSE = "user chainlink may not create tables in schema public"
REMEDY = "GRANT CREATE ON SCHEMA public TO chainlink"


def started(estate: Estate) -> dict[str, str]:
    inspect = "docker inspect --format '{{.State.StartedAt}}' chainlink"
    return {instance_id: host.check_output(inspect) for instance_id, host in estate.nodes().items()}


def test_a_database_that_a_node_would_wait_on_for_ever_is_told(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    before = started(estate)
    with without(estate, "CREATE ON SCHEMA public", "pg_database_owner"):
        began = time.monotonic()
        answer = estate.playbook("playbooks/nodes.yml")
        print(f"the cause was told after {time.monotonic() - began:.0f} s")
        seen = health(estate, standby)
    assert answer.returncode != 0
    assert CAUSE in answer.stdout
    assert REMEDY in answer.stdout
    assert sum(counts["changed"] for counts in recap(answer.stdout).values()) == 0
    assert started(estate) == before
    assert seen["role"] == "standby"
    assert [finding.partition(", as")[0] for finding in seen["findings"]] == [CAUSE]
    assert health(estate, active)["findings"] == health(estate, standby)["findings"] == []


@pytest.mark.long
def test_a_node_that_does_not_take_a_free_lease_says_why(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    for instance_id in (standby, active):
        estate.host(instance_id).check_output("systemctl stop chainlink.service")
    with without(estate, "UPDATE ON lease_lock", "chainlink"):
        estate.host(standby).check_output("systemctl start chainlink.service")
        time.sleep(20)
        seen = health(estate, standby)
        journal = estate.host(standby).check_output("journalctl --unit chainlink.service --since=-1min --output=cat")
    cause = "user chainlink has not all rights on its table lease_lock"
    assert seen["role"] == "starting"
    assert seen["findings"][0].startswith("it does not take the lease, which is free for")
    assert seen["findings"][1].startswith(cause)
    assert f"chainlink-host: {cause}" in journal
    # Nobody has to do anything else: it takes the lease as soon as it may.
    wait_for_role(estate, standby, "active", timeout=60)
    estate.host(active).check_output("systemctl start chainlink.service")
    wait_for_role(estate, active, "standby", timeout=60)


def test_the_estate_is_whole_again(estate: Estate) -> None:
    answer = estate.playbook("playbooks/proof.yml")
    assert answer.returncode == 0, answer.stdout[-4000:]
