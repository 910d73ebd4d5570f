# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import age, recipient

TEXT = "canary of the export, with ümlauts\n"


def test_only_the_recipient_can_read_it() -> None:
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    public = next(line.split()[-1] for line in made.splitlines() if line.startswith("# public key: "))
    assert recipient.problems(public) == []
    encrypted = age.encrypt(TEXT, public)
    assert "canary" not in encrypted
    with subprocess.Popen(
        ["bash", "-c", 'exec age --decrypt --identity <(printf "%s" "$IDENTITY")'],
        env={"IDENTITY": made, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.communicate(encrypted)[0] == TEXT


# (recipient, program, message)
TEST_REFUSED = [
    ("age1nobody", age.PROGRAM, "age did not encrypt: age: error: "),
    (recipient.EXAMPLE, "age-that-is-not-there", "the program age is not on this host; install the package age"),
    (recipient.EXAMPLE, "true", "age did not encrypt: it gave no reason"),
    (recipient.EXAMPLE, "/", "age did not run (PermissionError)"),
]


@pytest.mark.parametrize(("public", "program", "message"), TEST_REFUSED)
def test_refused(public: str, program: str, message: str) -> None:
    with pytest.raises(age.AgeError) as caught:
        age.encrypt(TEXT, public, program)
    assert str(caught.value).startswith(message)
    assert "canary" not in str(caught.value)
