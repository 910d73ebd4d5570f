# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's translation of public addresses."""

from __future__ import annotations

import importlib.util
import subprocess
from types import ModuleType
from typing import Any

import pytest
from nodeops_lab.settings import LAB_DIRECTORY


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The gateway's program, which is no part of the package."""
    path = LAB_DIRECTORY / "images" / "gateway" / "public_addresses.py"
    specification = importlib.util.spec_from_file_location("public_addresses", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


TARGETS = {"198.19.80.5": "10.42.0.11", "198.19.80.4": "10.42.0.10"}


def test_both_ways(program: ModuleType) -> None:
    script = program.ruleset("eth1", "198.51.100.10", TARGETS)
    assert "dnat to ip daddr map { 198.19.80.4 : 10.42.0.10, 198.19.80.5 : 10.42.0.11 }" in script
    assert 'ct status dnat iifname "eth1" snat to 198.51.100.10' in script
    assert "ct status dnat snat to ip saddr map { 10.42.0.10 : 198.19.80.4, 10.42.0.11 : 198.19.80.5 }" in script


def test_without_addresses_nothing_is_forwarded(program: ModuleType) -> None:
    script = program.ruleset("eth1", "198.51.100.10", {})
    assert "policy drop" in script
    assert "nat" not in script.replace("ct status dnat", "")


@pytest.mark.parametrize("targets", [TARGETS, {}])
def test_nft_takes_it(program: ModuleType, targets: dict[str, str]) -> None:
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "nft", "--check", "-f", "-"],
        input=program.ruleset("eth1", "198.51.100.10", targets),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_interface_of(program: ModuleType) -> None:
    interfaces: list[dict[str, Any]] = [
        {"ifname": "lo", "addr_info": [{"local": "127.0.0.1"}]},
        {"ifname": "eth1", "addr_info": [{"local": "198.19.80.2"}, {"local": "198.19.80.4"}]},
    ]
    assert program.interface_of("198.19.80.2", interfaces) == ("eth1", {"198.19.80.2", "198.19.80.4"})
    with pytest.raises(SystemExit, match=r"no interface has the address 198\.19\.80\.9"):
        program.interface_of("198.19.80.9", interfaces)
