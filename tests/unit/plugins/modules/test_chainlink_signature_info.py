# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module beside an executable in cosign's place; tests/end_to_end/test_6_signature.py has cosign itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_signature_info

DIGEST = "sha256:" + "a" * 64
IMAGE = f"registry.test/chainlink/chainlink@{DIGEST}"
PLACE = {"registry": "registry.test", "repository": "chainlink/chainlink", "digest": DIGEST}
SIGNER = {"identity": "https://code.test/workflow", "issuer": "https://issuer.test"}
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"
HOLDS = json.dumps([{"critical": {"image": {"docker-manifest-digest": DIGEST}}}])
OTHER = HOLDS.replace("a" * 64, "b" * 64)
NAME = "https://code.test/workflow, for whom https://issuer.test vouches"

# (exit status, standard output, standard error, problem)
TEST_ANSWERS = [
    (0, HOLDS, "", ""),
    (0, OTHER, "", f"cosign did not say that the signature of {IMAGE} is about this image"),
    (0, "", "", f"cosign did not say that the signature of {IMAGE} is about this image"),
    (10, "", "Error: no signatures found", f"{IMAGE} has no signature that holds of {NAME}: no signatures found"),
]

# (options, message)
TEST_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "give key, or identity and issuer: without them anybody's signature would do"),
    (
        {**SIGNER, "digest": "latest", "registry": "https://x", "timeout": 0},
        "registry is not the name of a registry; write one such as public.ecr.aws; digest is not a digest; write "
        "sha256: and 64 hexadecimal digits; timeout must be 1 second or more",
    ),
]


@pytest.fixture
def cosign(tmp_path: Path) -> Any:
    """Make an executable that writes down how it was called and answers as told; return its maker."""

    def make(status: int = 0, output: str = HOLDS, errors: str = "") -> Path:
        executable = tmp_path / "cosign"
        (tmp_path / "output").write_text(output)
        (tmp_path / "errors").write_text(errors)
        executable.write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/arguments\n"
            f"printf '%s' \"$COSIGN_REPOSITORY\" > {tmp_path}/signatures\n"
            f'[ "$5" = --key ] || [ "$4" != --key ] || cat "$5" > {tmp_path}/key\n'
            f"cat {tmp_path}/output; cat {tmp_path}/errors >&2; exit {status}\n"
        )
        executable.chmod(0o755)
        return executable

    return make


@pytest.mark.parametrize(("status", "output", "errors", "problem"), TEST_ANSWERS)
def test_answers(run_module: Any, cosign: Any, status: int, output: str, errors: str, problem: str) -> None:
    executable = cosign(status, output, errors)
    answer = run_module(chainlink_signature_info.main, {**PLACE, **SIGNER, "executable": str(executable)})
    assert (answer["rc"], answer["changed"]) == (0, False)
    assert (answer["verified"], answer["problem"]) == (not problem, problem)


@pytest.mark.parametrize(("options", "message"), TEST_REFUSED)
def test_refused(run_module: Any, options: dict[str, Any], message: str) -> None:
    answer = run_module(chainlink_signature_info.main, {**PLACE, **options})
    assert (answer["rc"], answer["msg"]) == (1, message)


def test_a_key_goes_by_a_file_that_is_gone_afterwards(run_module: Any, cosign: Any, tmp_path: Path) -> None:
    executable = cosign()
    options = {"key": PEM, "transparency_log": False, "signatures": "other.test/signatures"}
    answer = run_module(chainlink_signature_info.main, {**PLACE, **options, "executable": str(executable)})
    assert answer["verified"] is True
    given = (tmp_path / "arguments").read_text().splitlines()
    assert given == ["verify", "--output", "json", "--key", given[4], "--insecure-ignore-tlog=true", IMAGE]
    assert (tmp_path / "key").read_text().strip() == PEM
    assert not Path(given[4]).exists()
    assert (tmp_path / "signatures").read_text() == "other.test/signatures"


@pytest.mark.parametrize(
    ("mode", "problem", "warned"),
    [
        ("auto", "", True),
        (
            "required",
            "cosign-required is not on this host, so the signature of the release cannot be verified; install it, or "
            "name the host that has it",
            False,
        ),
        ("off", "", False),
    ],
)
def test_without_cosign(
    run_module: Any, monkeypatch: pytest.MonkeyPatch, mode: str, problem: str, warned: bool
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(chainlink_signature_info.AnsibleModule, "warn", lambda _self, text: warnings.append(text))
    options = {**PLACE, **SIGNER, "mode": mode, "executable": f"cosign-{mode}"}
    answer = run_module(chainlink_signature_info.main, options)
    assert (answer["rc"], answer["verified"], answer["problem"]) == (0, False, problem)
    missing = f"cosign-{mode} is not on this host, so the signature of the release cannot be verified"
    assert warnings == ([missing] if warned else [])


TOO_OLD = "release 2.9.0 cannot be verified: official releases before 2.16.0 have no signature without a key"


@pytest.mark.parametrize(
    ("mode", "problem", "warned"),
    [
        ("auto", "", True),
        ("required", f"{TOO_OLD}; sign the image yourself and give the key", False),
        ("off", "", False),
    ],
)
def test_a_release_that_nobody_has_signed_without_a_key(
    run_module: Any, cosign: Any, monkeypatch: pytest.MonkeyPatch, mode: str, problem: str, warned: bool
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(chainlink_signature_info.AnsibleModule, "warn", lambda _self, text: warnings.append(text))
    workflow = "https://github.com/smartcontractkit/chainlink/.github/workflows/build-publish.yml@refs/tags/v2.9.0"
    options = {**PLACE, **SIGNER, "identity": workflow, "mode": mode, "executable": str(cosign(10))}
    answer = run_module(chainlink_signature_info.main, options)
    assert (answer["rc"], answer["verified"], answer["problem"]) == (0, False, problem)
    assert warnings == ([TOO_OLD] if warned else [])


def test_one_that_does_not_end_is_a_problem(run_module: Any, tmp_path: Path) -> None:
    slow = tmp_path / "cosign"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    answer = run_module(chainlink_signature_info.main, {**PLACE, **SIGNER, "timeout": 1, "executable": str(slow)})
    assert answer["problem"] == f"cosign could not verify {IMAGE}: TimeoutExpired"
