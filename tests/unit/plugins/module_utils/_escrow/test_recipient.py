# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import recipient
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

GOOD = recipient.EXAMPLE
WRITE = f"write the public key that age-keygen prints, such as {GOOD}"
KMS = "write one such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, or alias/<name>"

# (recipient, problem)
TEST_PROBLEMS = [
    ("", f"is missing; {WRITE}, or the ARN of a KMS key"),
    ("AGE-SECRET-KEY-1QQPQ", f"is a secret key, which nobody but the recipient may have; {WRITE}"),
    ("arn:aws:s3:::bucket", f"is no ARN of a KMS key or alias; {KMS}"),
    ("alias/", f"is no ARN of a KMS key or alias; {KMS}"),
    ("arn:aws:kms:us-east-1:1:key/1", f"is no ARN of a KMS key or alias; {KMS}"),
    ("age1yubikey1q2w3e4r5t", f"is a recipient of a plugin of age, which the node's host does not have; {WRITE}"),
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", f"is no public key of age; {WRITE}"),
    (GOOD[:-1], "has 61 characters, and a public key of age has 62; copy it whole"),
    (GOOD + "q", "has 63 characters, and a public key of age has 62; copy it whole"),
    (GOOD[:20] + "b" + GOOD[21:], "has the character 'b', which no public key of age has; copy it anew"),
    (GOOD[:-1] + "q", "does not fit its own checksum: a character of it is wrong; copy it anew"),
    (
        GOOD[:10] + GOOD[11] + GOOD[10] + GOOD[12:],
        "does not fit its own checksum: a character of it is wrong; copy it anew",
    ),
]


@pytest.mark.parametrize(("given", "problem"), TEST_PROBLEMS)
def test_problems(given: str, problem: str) -> None:
    assert recipient.problems(given) == [problem]


# Public keys that age-keygen 1.1.1 has made.
@pytest.mark.parametrize("given", [GOOD, "age1tmec272dr2uflflj0ruerc2er8dz9vr06ng2p7k2w4g0c8w5v3aq68tlvs"])
def test_good(given: str) -> None:
    assert recipient.problems(given) == []


def test_every_wrong_character_is_found() -> None:
    for place in range(4, len(GOOD)):
        wrong = "q" if GOOD[place] != "q" else "p"
        assert recipient.problems(GOOD[:place] + wrong + GOOD[place + 1 :])


@pytest.mark.parametrize(
    "given",
    [
        "alias/escrow",
        "arn:aws:kms:us-east-1:123456789012:alias/team/escrow",
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    ],
)
def test_keys_of_kms(given: str) -> None:
    assert recipient.problems(given) == []
    assert recipient.is_kms(given)
    assert recipient.public_key_problems(given)


def test_the_program_reads_what_is_written() -> None:
    private = x25519.X25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    identity = recipient.secret_key(secret)
    told = subprocess.run(["age-keygen", "-y"], input=identity, capture_output=True, text=True, check=True).stdout
    assert told.strip() == recipient.public_key(public)
    assert recipient.problems(recipient.public_key(public)) == []
