# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration that only the release can judge: refused before a node is touched."""

from __future__ import annotations

import re

import pytest
from nodes import active_and_standby, starts
from operations import by_tag, succeed
from playbook_output import recap
from support import Estate

pytestmark = pytest.mark.long

# What stands in the file, and what the release says of it.
TEST_REFUSED = [
    ("[Nonsense]\nCanary = 1\n", "Nonsense"),
    ("[[EVM]]\nChainID = '11155111'\nChainType = 'no-such-chain'\n", "ChainType"),
]


@pytest.mark.parametrize(("text", "words"), TEST_REFUSED)
def test_what_the_release_does_not_take_reaches_no_node(estate: Estate, text: str, words: str) -> None:
    roles, before = active_and_standby(estate), starts(estate)
    answer = estate.playbook("site.yml", chainlink_extra_config=text, chainlink_release=by_tag(estate))
    assert answer.returncode != 0
    output = re.sub(r"\s+", " ", answer.stdout + answer.stderr)
    assert f"cannot run {by_tag(estate)['tag']}; nothing of its node was touched." in output
    assert words in output
    assert [name for name, value in estate.secrets().items() if value in output] == []
    assert (active_and_standby(estate), starts(estate)) == (roles, before)
    # The operator's file as it was: everything goes on.
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr[-2000:]
    assert {host for host, counts in recap(answer.stdout).items() if counts["changed"]} <= {"localhost"}
    assert (active_and_standby(estate), starts(estate)) == (roles, before)


def test_what_an_interrupted_run_has_written_is_applied_by_the_next(estate: Estate) -> None:
    roles, before = active_and_standby(estate), starts(estate)
    _active, standby = roles
    estate.host(standby).check_output("sleep 1; touch /usr/local/sbin/chainlink-host")
    words = "An earlier run wrote /usr/local/sbin/chainlink-host and did not apply it."
    assert words in re.sub(r"\s+", " ", succeed(estate, "nodes"))
    after = starts(estate)
    assert {host for host in before if after[host] != before[host]} == {standby}
    assert all(counts["changed"] == 0 for counts in recap(succeed(estate, "nodes")).values())
    assert (active_and_standby(estate), starts(estate)) == (roles, after)
