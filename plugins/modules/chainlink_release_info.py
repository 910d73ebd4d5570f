#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_release_info
short_description: Find a release of the Chainlink node in a registry, with its digest
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks a registry for a release of the node, exact or the newest one, and returns its image with the digest by which
    Docker pins it.
  - Only tags of the form X.Y.Z are releases. C(latest), pre-releases and special builds are never chosen and are
    refused when asked for. Releases are compared as numbers, so 2.9.0 is older than 2.10.0.
  - Given O(current), the release that runs, it refuses a downgrade and a change of the major series.
  - Runs wherever the registry can be reached by HTTPS. It reads as everyone may, without credentials.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  registry:
    description: Registry, with its port where that is not 443.
    type: str
    required: true
  repository:
    description: Repository in the registry.
    type: str
    required: true
  release:
    description:
      - The release, exactly, as X.Y.Z.
      - It is an error when the repository has no such release, or no image of it for O(platform).
    type: str
  series:
    description:
      - Choose the newest release of this series, which is X or X.Y. Write it in quotes.
      - A release without an image for O(platform) is passed over.
      - When neither this nor O(release) is given, the newest release of the major series of O(current) is chosen or,
        without O(current), the newest of all.
    type: str
  current:
    description: The release that runs.
    type: str
  allow_major:
    description:
      - Whether O(release) may be of another major series than O(current).
      - The one such step is from 1.x to 2.x. It is a migration of the settings from environment variables to TOML and
        is possible from 1.13.x alone, to a release that is named exactly.
    type: bool
    default: false
  platform:
    description: Platform for which there must be an image, as os/architecture or os/architecture/variant.
    type: str
    default: linux/amd64
  timeout:
    description:
      - Seconds within which the registry must have answered everything.
      - A registry that is busy, or limits its requests, is asked again after the time that it asks for, as long as
        this allows.
    type: int
    default: 120
seealso:
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Find the newest patch of a series that the estate may be upgraded to
  nodeops.chainlink.chainlink_release_info:
    registry: public.ecr.aws
    repository: chainlink/chainlink
    series: "2.46"
    current: 2.29.0
  register: found

- name: Pin a release by its digest
  nodeops.chainlink.chainlink_release_info:
    registry: public.ecr.aws
    repository: chainlink/chainlink
    release: 2.46.0
"""

RETURN = r"""
registry:
  description: The registry as given.
  returned: success
  type: str
  sample: public.ecr.aws
repository:
  description: The repository as given.
  returned: success
  type: str
  sample: chainlink/chainlink
tag:
  description: The release.
  returned: success
  type: str
  sample: 2.46.0
digest:
  description: Digest by which Docker pins the release. Where the tag leads to an index, the digest of the index.
  returned: success
  type: str
  sample: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
reference:
  description: What C(docker pull) takes, with the digest.
  returned: success
  type: str
  sample: >-
    public.ecr.aws/chainlink/chainlink:2.46.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
is_newer:
  description: Whether the release is newer than O(current). Without O(current) it is.
  returned: success
  type: bool
  sample: true
passed_over:
  description: Newer releases that have no image for O(platform), newest first.
  returned: success
  type: list
  elements: str
  sample: []
releases:
  description: The stable releases of the repository that this collection can run, newest first, at most 20.
  returned: success
  type: list
  elements: str
  sample: [2.46.0, 2.45.0, 2.30.1]
"""

import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import choose, image, registry
from ansible_collections.nodeops.chainlink.plugins.module_utils._release.version import ReleaseError

SHOWN = 20
PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")


def check(params: dict[str, Any]) -> None:
    """Raise ReleaseError for options that are not of the right form."""
    found = [f"{name} {message}" for name, message in image.name_problems(params)]
    if not PLATFORM.fullmatch(params["platform"]):
        found.append("platform is not the name of a platform; write one such as linux/amd64")
    if params["timeout"] < 1:
        found.append("timeout must be 1 second or more")
    if found:
        raise ReleaseError("; ".join(found))


def find(params: dict[str, Any]) -> dict[str, Any]:
    """What the module returns; raises ReleaseError or RegistryError."""
    check(params)
    wish = choose.wish(params["release"], params["series"], params["current"], params["allow_major"])
    source = registry.Registry(params["registry"], params["repository"], params["timeout"])
    releases = choose.stable(source.tags())
    choice = choose.choose(wish, releases, lambda version: source.digest(str(version), params["platform"]))
    release = image.Release(params["registry"], params["repository"], choice.version, choice.digest)
    return {
        "registry": release.registry,
        "repository": release.repository,
        "tag": str(release.version),
        "digest": release.digest,
        "reference": release.reference,
        "is_newer": choose.is_newer(choice, wish.current),
        "passed_over": [str(version) for version in choice.passed_over],
        "releases": [str(version) for version in releases[:SHOWN]],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "registry": {"type": "str", "required": True},
            "repository": {"type": "str", "required": True},
            "release": {"type": "str"},
            "series": {"type": "str"},
            "current": {"type": "str"},
            "allow_major": {"type": "bool", "default": False},
            "platform": {"type": "str", "default": "linux/amd64"},
            "timeout": {"type": "int", "default": 120},
        },
        mutually_exclusive=[("release", "series")],
        supports_check_mode=True,
    )
    try:
        answer = find(module.params)
    except (ReleaseError, registry.RegistryError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
