# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.nodeops.chainlink.plugins.filter.scram_verifier import FilterModule

scram_verifier = FilterModule().filters()["scram_verifier"]


def test_each_verifier_has_a_salt_of_its_own_and_no_password() -> None:
    made = {scram_verifier("canary-password") for _ in range(5)}
    assert len(made) == 5
    base64 = "[A-Za-z0-9+/]+=*"
    assert all(re.fullmatch(rf"SCRAM-SHA-256\$4096:{base64}\${base64}:{base64}", one) for one in made)
    assert not any("canary" in one for one in made)


@pytest.mark.parametrize("password", ["", None, 7, b"canary", ["canary"]])
def test_what_is_no_password(password: object) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^scram_verifier takes a password, not \w+ or an empty text$"):
        scram_verifier(password)
