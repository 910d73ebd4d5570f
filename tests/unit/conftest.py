# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ansible_collections.nodeops.chainlink importable from this checkout.

`ansible-test units` has done so before this file is read; plain pytest has not.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

import hypothesis
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

# How long an example takes says nothing on a machine that does other things as well.
hypothesis.settings.register_profile("nodeops", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("nodeops")

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def _install_finder() -> None:
    if CHECKOUT.parts[-3:] == ("ansible_collections", "nodeops", "chainlink"):
        root = CHECKOUT.parents[2]
    else:
        root = pathlib.Path(tempfile.mkdtemp(prefix="nodeops-collections-"))
        namespace = root / "ansible_collections" / "nodeops"
        namespace.mkdir(parents=True)
        (namespace / "chainlink").symlink_to(CHECKOUT, target_is_directory=True)
    _AnsibleCollectionFinder(paths=[str(root), *sys.path])._install()


if not any(isinstance(finder, _AnsibleCollectionFinder) for finder in sys.meta_path):
    _install_finder()
