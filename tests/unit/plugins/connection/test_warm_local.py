# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.connection.warm_local import is_interpreter

TEST_IS_INTERPRETER: list[tuple[str, bool]] = [
    ("/bin/sh -c '/opt/venv/bin/python && sleep 0'", True),
    ("/bin/sh -c /opt/venv/bin/python", True),
    ("/bin/sh -c '/usr/bin/python && sleep 0'", False),
    ("/bin/sh -c '/opt/venv/bin/python /tmp/module.py && sleep 0'", False),
    ("/bin/sh -c 'AWS_PROFILE=other /opt/venv/bin/python && sleep 0'", False),
    ("/opt/venv/bin/python", False),
    ("", False),
]


@pytest.mark.parametrize(("command", "expected"), TEST_IS_INTERPRETER)
def test_is_interpreter(command: str, expected: bool) -> None:
    assert is_interpreter(command, "/opt/venv/bin/python") is expected
