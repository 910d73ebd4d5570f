# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import signature

IMAGE = "registry.test/chainlink/chainlink@sha256:" + "a" * 64
OFFICIAL = signature.Signer(None, "https://code.test/workflow@refs/tags/v2.46.0", "https://issuer.test")
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"
KEYLESS_ARGUMENTS = [
    "--certificate-identity",
    "https://code.test/workflow@refs/tags/v2.46.0",
    "--certificate-oidc-issuer",
    "https://issuer.test",
]

# (signer, where signatures are, beginnings of the problems)
TEST_PROBLEMS: list[tuple[signature.Signer, str | None, list[str]]] = [
    (OFFICIAL, None, []),
    (OFFICIAL, "index.docker.io/smartcontract/chainlink", []),
    (signature.Signer(PEM, None, None, False), "registry.test:5000/signatures", []),
    (signature.Signer("awskms:///alias/x", None, None), None, []),
    (signature.Signer(None, None, None), None, ["give key, or identity and issuer"]),
    (signature.Signer(None, "me", None), None, ["give key, or identity and issuer"]),
    (signature.Signer("key.pub", "me", "you"), None, ["key is for signatures of a key"]),
    (signature.Signer(None, "me", "you", False), "https://x", ["transparency_log can be false", "signatures is not"]),
]

WORKFLOW = "https://github.com/smartcontractkit/chainlink/.github/workflows/build-publish.yml@refs/tags/v"

# (identity, the release that has no such signature)
TEST_WITHOUT_ONE: list[tuple[str | None, str]] = [
    (f"{WORKFLOW}1.13.3", "1.13.3"),
    (f"{WORKFLOW}2.9.0", "2.9.0"),
    (f"{WORKFLOW}2.15.9", "2.15.9"),
    (f"{WORKFLOW}2.16.0", ""),
    (f"{WORKFLOW}2.46.0", ""),
    (f"{WORKFLOW}2.9", ""),
    ("https://github.com/somebody/chainlink/.github/workflows/build-publish.yml@refs/tags/v2.9.0", ""),
    ("https://code.test/workflow", ""),
    (None, ""),
]


@pytest.mark.parametrize(("identity", "release"), TEST_WITHOUT_ONE)
def test_release_without_one(identity: str | None, release: str) -> None:
    assert signature.release_without_one(signature.Signer(None, identity, "https://issuer.test")) == release


# (signer, file of the key, the arguments between `verify --output json` and the image)
TEST_ARGUMENTS: list[tuple[signature.Signer, str | None, list[str]]] = [
    (OFFICIAL, None, KEYLESS_ARGUMENTS),
    (signature.Signer(PEM, None, None), "/tmp/x.pub", ["--key", "/tmp/x.pub"]),
    (signature.Signer("awskms:///alias/x", None, None), None, ["--key", "awskms:///alias/x"]),
    (signature.Signer("k.pub", None, None, False), None, ["--key", "k.pub", "--insecure-ignore-tlog=true"]),
]

ENTRY = {"critical": {"image": {"docker-manifest-digest": "sha256:1"}}}

# (standard output, digests)
TEST_DIGESTS: list[tuple[str, set[str]]] = [
    (json.dumps([ENTRY, ENTRY]), {"sha256:1"}),
    ("Verification for x --\n\n" + json.dumps([ENTRY]), {"sha256:1"}),
    ("[]", set()),
    ("", set()),
    ("[{}]", set()),
]

# (standard error, reason)
TEST_REASONS = [
    (
        "Error: no signatures found\nmain.go:74: error during command execution: no signatures found\n",
        "no signatures found",
    ),
    ("WARNING: Skipping\nerror: no matching signatures\n", "no matching signatures"),
    ("something else\n", "something else"),
    ("", "cosign gave no reason"),
]


@pytest.mark.parametrize(("signer", "signatures", "beginnings"), TEST_PROBLEMS)
def test_problems(signer: signature.Signer, signatures: str | None, beginnings: list[str]) -> None:
    found = signature.problems(signer, signatures)
    assert len(found) == len(beginnings)
    assert all(problem.startswith(beginning) for problem, beginning in zip(found, beginnings, strict=True))


@pytest.mark.parametrize(("signer", "key_file", "between"), TEST_ARGUMENTS)
def test_arguments(signer: signature.Signer, key_file: str | None, between: list[str]) -> None:
    assert signature.arguments("cosign", IMAGE, signer, key_file) == [
        "cosign",
        "verify",
        "--output",
        "json",
        *between,
        IMAGE,
    ]


@pytest.mark.parametrize(("output", "digests"), TEST_DIGESTS)
def test_signed_digests(output: str, digests: set[str]) -> None:
    assert signature.signed_digests(output) == digests


@pytest.mark.parametrize(("errors", "reason"), TEST_REASONS)
def test_reason(errors: str, reason: str) -> None:
    assert signature.reason(errors) == reason


def test_a_reason_is_no_essay() -> None:
    assert len(signature.reason("error: " + "x" * 5000)) == 400


@pytest.mark.parametrize(("key", "expected"), [(PEM, True), ("  " + PEM, True), ("cosign.pub", False), (None, False)])
def test_which_key_is_text(key: str | None, expected: Any) -> None:
    assert signature.Signer(key, None, None).key_is_text is expected
