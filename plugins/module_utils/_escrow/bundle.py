# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an escrow file holds once it is decrypted: one JSON document with everything that its keys need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._release.image import Release
from .keys import Exported, Key

FORMAT = "nodeops.chainlink escrow"
VERSION = 1


@dataclass(frozen=True)
class Bundle:
    estate: str
    release: Release
    #: When it was made, as in 2026-08-21T10:00:00Z.
    made: str
    exported: Sequence[Exported]
    #: Keys that the node has and does not export.
    left: Sequence[Key]
    #: Opens the documents of the keys, and nothing else: it was made for them.
    password: str = field(repr=False)


def as_dict(key: Key) -> dict[str, Any]:
    """What may be told of a key."""
    return {"kind": key.kind, "id": key.identity, **({"chains": list(key.chains)} if key.chains else {})}


def write(bundle: Bundle) -> str:
    """The text of a bundle, which is secret."""
    release = bundle.release
    document = {
        "format": FORMAT,
        "version": VERSION,
        "estate": bundle.estate,
        "release": {
            "registry": release.registry,
            "repository": release.repository,
            "tag": str(release.version),
            "digest": release.digest,
        },
        "made": bundle.made,
        "password": bundle.password,
        "keys": [
            {**as_dict(one.key), "public": dict(one.key.public), "key": dict(one.document)} for one in bundle.exported
        ],
        "not_exported": [as_dict(key) for key in bundle.left],
    }
    return json.dumps(document, indent=2) + "\n"
