# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.nodeops.chainlink.plugins.filter.from_toml import FilterModule

from_toml = FilterModule().filters()["from_toml"]


def test_from_toml() -> None:
    assert from_toml("[Log]\nLevel = 'warn'\nN = 1\n") == {"Log": {"Level": "warn", "N": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = 'canary", 'the text is not TOML: Expected "\'" (at end of document)'),
        ({"a": "canary"}, "from_toml reads text, not dict"),
        (None, "from_toml reads text, not NoneType"),
    ],
)
def test_what_is_not_toml(text: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        from_toml(text)
    assert str(caught.value) == message
