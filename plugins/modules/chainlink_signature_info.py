#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_signature_info
short_description: Say whether the image of a release was signed by whom it must be
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Has C(cosign) verify the signature of an image, which is named by its digest. Runs where C(cosign) is and the
    registry can be reached.
  - Official releases are signed without a key by the workflow that has built them, as the README of the node's
    repository says. Their identity is
    V(https://github.com/smartcontractkit/chainlink/.github/workflows/build-publish.yml@refs/tags/vX.Y.Z), their issuer
    V(https://token.actions.githubusercontent.com), and the README names the images of
    V(index.docker.io/smartcontract/chainlink).
  - Those before 2.16.0 have no such signature. Of these V(mode=auto) says so and goes on, and V(mode=required) has them
    for a problem.
  - A signature that does not hold is an answer, RV(problem), and no failure of the module, so that a plan can tell it
    with all else that speaks against it.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  registry:
    description: Registry of the image, with its port where that is not 443.
    type: str
    required: true
  repository:
    description: Repository of the image.
    type: str
    required: true
  digest:
    description: Digest of the image.
    type: str
    required: true
  mode:
    description:
      - With V(auto) the signature is verified where the executable is, and a warning says so where it is not.
      - With V(required) a missing executable is a problem. With V(off) nothing is verified.
    type: str
    choices: [auto, required, "off"]
    default: auto
  key:
    description:
      - Public key that must have signed, as PEM text, or as a path or an address that C(cosign verify --key) takes.
    type: str
  identity:
    description: Identity that must have signed, as the certificate names it, exactly.
    type: str
  issuer:
    description: Issuer that must have vouched for O(identity).
    type: str
  signatures:
    description: Registry and repository in which the signatures are. Those of the image when not given.
    type: str
  transparency_log:
    description: Whether the signature must be in the transparency log. Can be false with O(key) only.
    type: bool
    default: true
  executable:
    description: Name or path of C(cosign), 2 or newer.
    type: str
    default: cosign
  timeout:
    description: Seconds within which it must have answered.
    type: int
    default: 120
seealso:
  - module: nodeops.chainlink.chainlink_release_info
"""

EXAMPLES = r"""
- name: Verify an official release
  nodeops.chainlink.chainlink_signature_info:
    registry: index.docker.io
    repository: smartcontract/chainlink
    digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    identity: https://github.com/smartcontractkit/chainlink/.github/workflows/build-publish.yml@refs/tags/v2.46.0
    issuer: https://token.actions.githubusercontent.com
    mode: required
  register: signature
  failed_when: signature.problem | default('') != ''
"""

RETURN = r"""
verified:
  description: Whether a signature was found that holds.
  returned: success
  type: bool
  sample: true
problem:
  description: What speaks against running the image, in one sentence without a full stop. Empty where nothing does.
  returned: success
  type: str
  sample: ""
"""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image, signature

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def check(params: dict[str, Any], signer: signature.Signer) -> list[str]:
    """Everything that is wrong with the options."""
    found = [f"{name} {message}" for name, message in image.name_problems(params)]
    if not DIGEST.fullmatch(params["digest"]):
        found.append("digest is not a digest; write sha256: and 64 hexadecimal digits")
    if params["timeout"] < 1:
        found.append("timeout must be 1 second or more")
    return found + signature.problems(signer, params["signatures"])


@contextlib.contextmanager
def key_file(signer: signature.Signer, directory: str) -> Iterator[str | None]:
    """A file with the public key where it was given as text."""
    if not signer.key_is_text:
        yield None
        return
    with tempfile.NamedTemporaryFile("w", dir=directory, suffix=".pub", encoding="utf-8") as stream:
        stream.write(str(signer.key).strip() + "\n")
        stream.flush()
        yield stream.name


def verify(params: dict[str, Any], signer: signature.Signer, executable: str, directory: str) -> str:
    """What speaks against the image; empty where a signature of the signer holds."""
    name = f"{params['registry']}/{params['repository']}@{params['digest']}"
    environment = dict(os.environ)
    if params["signatures"]:
        environment["COSIGN_REPOSITORY"] = params["signatures"]
    with key_file(signer, directory) as path:
        try:
            done = subprocess.run(
                signature.arguments(executable, name, signer, path),
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=params["timeout"],
                env=environment,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"cosign could not verify {name}: {type(error).__name__}"
    if done.returncode != 0:
        return f"{name} has no signature that holds of {signer.name}: {signature.reason(done.stderr)}"
    if signature.signed_digests(done.stdout) != {params["digest"]}:
        return f"cosign did not say that the signature of {name} is about this image"
    return ""


def find(module: AnsibleModule) -> dict[str, Any]:
    """What the module returns."""
    params = module.params
    if params["mode"] == "off":
        return {"verified": False, "problem": ""}
    signer = signature.Signer(params["key"], params["identity"], params["issuer"], params["transparency_log"])
    wrong = check(params, signer)
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    too_old = signature.release_without_one(signer)
    if too_old:
        told = (
            f"release {too_old} cannot be verified: official releases before {signature.FIRST_WITHOUT_KEY} have no "
            "signature without a key"
        )
        if params["mode"] == "required":
            return {"verified": False, "problem": f"{told}; sign the image yourself and give the key"}
        module.warn(told)
        return {"verified": False, "problem": ""}
    executable = module.get_bin_path(params["executable"])
    if executable is None:
        missing = f"{params['executable']} is not on this host, so the signature of the release cannot be verified"
        if params["mode"] == "required":
            return {"verified": False, "problem": f"{missing}; install it, or name the host that has it"}
        module.warn(missing)
        return {"verified": False, "problem": ""}
    problem = verify(params, signer, executable, module.tmpdir)
    return {"verified": not problem, "problem": problem}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "registry": {"type": "str", "required": True},
            "repository": {"type": "str", "required": True},
            "digest": {"type": "str", "required": True},
            "mode": {"type": "str", "choices": ["auto", "required", "off"], "default": "auto"},
            "key": {"type": "str", "no_log": False},
            "identity": {"type": "str"},
            "issuer": {"type": "str"},
            "signatures": {"type": "str"},
            "transparency_log": {"type": "bool", "default": True},
            "executable": {"type": "str", "default": "cosign"},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, **find(module))


if __name__ == "__main__":
    main()
