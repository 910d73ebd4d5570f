# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RPC endpoints that are not what the operator says: told before a node is given them, by hosts that reach them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hunt import assert_clean, hunt_in_aws, hunt_in_files, hunt_on_the_hosts, rpc_urls
from nodeops_lab import ethereum
from nodeops_lab.settings import LabSettings
from nodes import active_and_standby, health, starts
from operations import fail
from playbook_output import recap
from support import Estate

pytestmark = pytest.mark.long


@contextmanager
def wrong(estate: Estate, mode: ethereum.Mode, transport: ethereum.Transport = "http", **how: Any) -> Iterator[None]:
    """Have the provider's HTTP endpoint answer otherwise for a while; the nodes listen to its WebSocket."""
    settings = LabSettings.load(estate.name)
    ethereum.fail(settings, mode, transport=transport, **how)
    try:
        yield
    finally:
        ethereum.heal(settings)


def wait_until_said(estate: Estate, instance_id: str, since: str, words: str) -> None:
    """Wait until a node has said something with an RPC URL in it: without that there would be nothing to hunt for."""
    journal = f"journalctl --namespace=chainlink --since '{since}' --no-pager --output=cat"
    began = time.monotonic()
    while True:
        said = [line for line in estate.host(instance_id).check_output(journal).splitlines() if words in line]
        if any(url in line for line in said for url in rpc_urls(estate).values()):
            return
        assert time.monotonic() - began < 60, said
        time.sleep(2)


def wait_until_well(estate: Estate, instance_id: str) -> None:
    """Wait until no check of a node fails any more."""
    began = time.monotonic()
    while failing := health(estate, instance_id)["failing"]:
        assert time.monotonic() - began < 90, failing
        time.sleep(2)


def test_an_endpoint_of_another_chain_is_refused_before_a_node_is_touched(estate: Estate) -> None:
    active_and_standby(estate)
    before = starts(estate)
    with wrong(estate, "wrong_chain_id", reported_chain_id=1):
        output = fail(estate, "nodes")
    assert "rpc endpoint primary: http_url is one of chain 1, not of 11155111" in re.sub(r"\s+", " ", output)
    assert [name for name, value in estate.secrets().items() if value in output] == []
    assert starts(estate) == before
    active_and_standby(estate)


def test_a_provider_that_does_not_answer_is_a_warning(estate: Estate) -> None:
    """The node quotes its URLs as the official one does: in memory and in the log group, and on no disk."""
    active, _standby = active_and_standby(estate)
    before = starts(estate)
    since = estate.host(active).check_output("date '+%F %T'")
    with wrong(estate, "http_500"):
        answer = estate.playbook("playbooks/nodes.yml")
        wait_until_said(estate, active, since, "failed to respond properly")
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr[-2000:]
    words = re.sub(r"\s+", " ", answer.stderr)
    assert "rpc endpoint primary: http_url answers with HTTP status 500; it may be of another chain" in words
    assert all(counts["changed"] == 0 for counts in recap(answer.stdout).values())
    assert starts(estate) == before
    assert_clean(estate, "ansible-playbook", answer.stdout + answer.stderr)
    with wrong(estate, "http_500", transport="both"):
        wait_until_said(estate, active, since, "error while dialing websocket")
    wait_until_well(estate, active)
    hunt_on_the_hosts(estate, environment_of_the_node=True)
    hunt_in_files(estate)
    hunt_in_aws(estate)
