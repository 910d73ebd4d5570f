#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_library
short_description: Install the library of the host's own programs
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Writes the Python package that C(chainlink-host) runs with to a directory of the host. Its files are the very
    ones that the modules of this collection run with, and travel to the host with this module, in one go.
  - Files that the library no longer has are removed.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The diff names the files that change, with a checksum of their content.
  idempotent:
    support: full
options:
  directory:
    description: Directory for the package C(nodeops_chainlink). It is made where it is missing; its parent must exist.
    type: path
    default: /usr/local/lib/nodeops-chainlink
seealso:
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Install the library
  nodeops.chainlink.chainlink_library:
"""

RETURN = r"""
changes:
  description: What happened to each file that was not as it is to be, or would happen in check mode.
  returned: success
  type: dict
  sample: {"nodeops_chainlink/_node/render.py": "update", "nodeops_chainlink/_node/old.py": "remove"}
"""

import hashlib
import os
import sys
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# What chainlink-host and chainlink-watch import, and with it all that that imports, travels with the module; nothing
# else would.
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import (
    client,
    errors,
    heartbeat,
    instances,
    metadata,
    parameters,
    record,
)
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import judge as database_judge
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import query
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import lock
from ansible_collections.nodeops.chainlink.plugins.module_utils._health import judge, probe, watch
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import (
    alone,
    container,
    files,
    host,
    migration,
    render,
    settings,
    source,
    validation,
)

TRAVELLED = (
    *(client, errors, heartbeat, instances, metadata, parameters, record),
    *(database_judge, judge, lock, probe, query, watch),
    *(alone, container, files, host, migration, render, settings, source, validation),
)
PACKAGE = "nodeops_chainlink"


def library() -> dict[str, bytes]:
    """Path -> content of every file of the library, taken from where this process imported it from."""
    prefix = client.__name__.rpartition("._aws.")[0] + "."
    found = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith(prefix):
            continue
        path = name[len(prefix) :].replace(".", "/") + ("/__init__.py" if hasattr(module, "__path__") else ".py")
        found[f"{PACKAGE}/{path}"] = module.__loader__.get_data(module.__file__)  # type: ignore[union-attr]
    return found


def installed(directory: str) -> list[str]:
    """Paths of the Python files of the package, relative to the directory."""
    found = []
    for parent, _directories, names in os.walk(os.path.join(directory, PACKAGE)):
        found += [os.path.relpath(os.path.join(parent, name), directory) for name in names if name.endswith(".py")]
    return found


def changes(directory: str, wanted: dict[str, bytes]) -> list[files.Change]:
    """What is to happen, file by file, so that the directory holds exactly the library, readable for everybody."""
    states = {path: files.State(content, os.geteuid(), os.getegid(), 0o644) for path, content in wanted.items()}
    unwanted = tuple(path for path in installed(directory) if path not in wanted)
    place = files.Place(directory, os.geteuid(), os.getegid())
    plan = files.plan(place, {}, foreign=unwanted, others=states)
    return [change for change in plan.changes if change.action != files.KEEP]


def write(directory: str, planned: list[files.Change]) -> None:
    """Make the changes; each file is replaced whole."""
    for change in planned:
        path = os.path.join(directory, change.name)
        if change.after is None:
            os.unlink(path)
            continue
        parent = os.path.dirname(path)
        for missing in (directory, os.path.join(directory, PACKAGE), parent):
            if not os.path.isdir(missing):
                os.mkdir(missing, 0o755)
                os.chmod(missing, 0o755)  # noqa: S103 - programs of every user may read it; no secret is in it
        files.write_atomically(path, change.after)


def describe(planned: list[files.Change], after: bool) -> str:
    """The files before or after, for a diff."""
    lines = []
    for change in planned:
        state = change.after if after else change.before
        digest = "absent" if state is None else hashlib.sha256(state.content).hexdigest()
        lines.append(f"{change.name} {digest}\n")
    return "".join(lines)


def main() -> None:
    module = AnsibleModule(
        argument_spec={"directory": {"type": "path", "default": "/usr/local/lib/nodeops-chainlink"}},
        supports_check_mode=True,
    )
    directory = module.params["directory"]
    try:
        planned = changes(directory, library())
        if not module.check_mode:
            write(directory, planned)
    except OSError as error:
        module.fail_json(msg=f"could not install the library in {directory}: {files.explain(error)}")
    answer: dict[str, Any] = {
        "changed": bool(planned),
        "changes": {change.name: change.action for change in planned},
        "diff": {"before": describe(planned, False), "after": describe(planned, True)},
    }
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
