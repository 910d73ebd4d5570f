# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's containers trust what the host trusts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from nodeops_lab.settings import LAB_DIRECTORY

SPECIFICATION = importlib.util.spec_from_file_location(
    "trust_the_region", LAB_DIRECTORY / "images" / "host" / "trust_the_region.py"
)
assert SPECIFICATION is not None
assert SPECIFICATION.loader is not None
trust = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(trust)

TEST_BUNDLES = [
    (["--root", "/r", "create", "--bundle", "/b", "--pid-file", "/p", "id"], "/b"),
    (["create", "--bundle=/b", "id"], "/b"),
    (["run", "-b", "/b", "id"], "/b"),
    (["create", "id"], "."),
]


@pytest.mark.parametrize(("arguments", "directory"), TEST_BUNDLES)
def test_bundle_directory(arguments: list[str], directory: str) -> None:
    assert trust.bundle_directory(arguments) == Path(directory)


def test_a_bundle_is_mounted_once_and_only_over_another(tmp_path: Path) -> None:
    config: dict[str, Any] = {"mounts": []}
    assert trust.trusting(config, tmp_path)["mounts"] == []
    (tmp_path / "etc/ssl/certs").mkdir(parents=True)
    (tmp_path / "etc/ssl/certs/ca-certificates.crt").touch()
    for _time in range(2):
        [mount] = trust.trusting(config, tmp_path)["mounts"]
    assert (mount["source"], mount["destination"]) == (trust.BUNDLE, trust.BUNDLE)
    assert "ro" in mount["options"]
