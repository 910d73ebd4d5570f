# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node releases the lab's registry serves, and under which tags.

This module and what it calls know nothing of the inside of a node image: with NODEOPS_LAB_NODE_IMAGE the same tags of
another repository are served in place of the stand-in, byte for byte.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

NODE_REPOSITORY = "chainlink/chainlink"
NODE_RELEASES = ("1.12.0", "1.13.3", "2.9.0", "2.29.0", "2.30.1", "2.46.0")
"""The releases, oldest first; an estate starts with the newest."""
BROKEN_RELEASES = ("2.46.101", "2.46.102", "2.46.103", "2.46.104", "2.46.105", "2.46.106")
"""Releases of the stand-in that look like any other and fail (images/node/README.md)."""
OTHER_TAGS = ("2.46.0-root", "2.46.0-plugins", "2.47.0-beta.1", "2.47.0-rc.0", "2.45.0-ccip1.6")
"""Tags of the kinds that the official repository also has and that are no stable release; the stand-in's newest."""
NODE_IMAGE_VARIABLE = "NODEOPS_LAB_NODE_IMAGE"
"""Environment variable: registry/repository of an official node image to use in place of lab/images/node."""


def official_image(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the repository to serve in place of the stand-in, or None."""
    return environment.get(NODE_IMAGE_VARIABLE) or None
