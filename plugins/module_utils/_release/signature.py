# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has signed an image: what is asked of cosign, and what its answer means. Runs nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from . import version
from .version import Version

#: Official releases are signed without a key since September 2024 (smartcontractkit/chainlink #14139, #14323); 2.16.0
#: is the one that the README verifies. Before, a key signed them (build-sign-publish-chainlink/action.yml).
FIRST_WITHOUT_KEY = Version(2, 16, 0)

_PEM = "-----BEGIN "
_OFFICIAL = re.compile(r"https://github\.com/smartcontractkit/chainlink/\S+@refs/tags/v([0-9.]+)")
_REFERENCE = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)+")
_LONGEST_REASON = 400


@dataclass(frozen=True)
class Signer:
    """Who must have signed: a public key, or an identity that an issuer vouches for."""

    key: str | None
    identity: str | None
    issuer: str | None
    transparency_log: bool = True

    @property
    def key_is_text(self) -> bool:
        """Whether the key is given as text, which cosign takes from a file only."""
        return self.key is not None and self.key.lstrip().startswith(_PEM)

    @property
    def name(self) -> str:
        """What to call the signer; a public key has no short name."""
        return "the given key" if self.key else f"{self.identity}, for whom {self.issuer} vouches"


def release_without_one(signer: Signer) -> str:
    """The official release that a signer without a key has never signed, since it is too old; empty for any other."""
    found = _OFFICIAL.fullmatch(signer.identity or "")
    try:
        release = version.parse(found[1]) if found else FIRST_WITHOUT_KEY
    except version.ReleaseError:
        return ""
    return "" if release >= FIRST_WITHOUT_KEY else str(release)


def problems(signer: Signer, signatures: str | None) -> list[str]:
    """Everything that is wrong with what is asked for."""
    found = []
    if signer.key and (signer.identity or signer.issuer):
        found.append(
            "key is for signatures of a key, identity and issuer are for those without one: give one of the two"
        )
    if not signer.key and not (signer.identity and signer.issuer):
        found.append("give key, or identity and issuer: without them anybody's signature would do")
    if not signer.key and not signer.transparency_log:
        found.append(
            "transparency_log can be false for a signature of a key only: one without a key is proven by the log"
        )
    if signatures and not _REFERENCE.fullmatch(signatures):
        found.append("signatures is not registry/repository; write it as in index.docker.io/smartcontract/chainlink")
    return found


def arguments(executable: str, image: str, signer: Signer, key_file: str | None) -> list[str]:
    """The argument vector that verifies an image, which is named by its digest (cosign 2 and 3)."""
    vector = [executable, "verify", "--output", "json"]
    if signer.key:
        vector += ["--key", key_file or signer.key]
    else:
        vector += ["--certificate-identity", str(signer.identity), "--certificate-oidc-issuer", str(signer.issuer)]
    if not signer.transparency_log:
        vector.append("--insecure-ignore-tlog=true")
    return [*vector, image]


def signed_digests(output: str) -> set[str]:
    """The digests that verified signatures are about, as cosign prints them on its standard output."""
    try:
        return {
            entry["critical"]["image"]["docker-manifest-digest"] for entry in json.loads(output[output.index("[") :])
        }
    except (ValueError, KeyError, TypeError):
        return set()


def reason(errors: str) -> str:
    """Why cosign refused, in one line of its own words."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    told = [line for line in lines if line.lower().startswith("error")] or lines or ["cosign gave no reason"]
    return re.sub(r"^error:\s*", "", told[0], flags=re.IGNORECASE)[:_LONGEST_REASON]
