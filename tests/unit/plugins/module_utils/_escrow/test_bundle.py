# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import bundle, keys
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image

RELEASE = {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "2.46.0", "digest": None}
ETH = keys.Key("eth", "0x9C", ("1", "5"), {"address": "0x9C"})


def test_write() -> None:
    made = bundle.Bundle(
        "oracle",
        image.parse(RELEASE),
        "2026-08-21T10:00:00Z",
        [keys.Exported(ETH, {"crypto": {"ciphertext": "canary"}})],
        [keys.Key("workflow", "ab", (), {"publicKey": "ab"})],
        "password-canary",
    )
    assert json.loads(bundle.write(made)) == {
        "format": "nodeops.chainlink escrow",
        "version": 1,
        "estate": "oracle",
        "release": RELEASE,
        "made": "2026-08-21T10:00:00Z",
        "password": "password-canary",
        "keys": [
            {
                "kind": "eth",
                "id": "0x9C",
                "chains": ["1", "5"],
                "public": {"address": "0x9C"},
                "key": {"crypto": {"ciphertext": "canary"}},
            }
        ],
        "not_exported": [{"kind": "workflow", "id": "ab"}],
    }
    assert "canary" not in repr(made)
