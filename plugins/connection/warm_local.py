# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: warm_local
short_description: Run modules on the controller in an interpreter that is warm already
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Like P(ansible.builtin.local#connection), but a module that is written in Python does not start an interpreter of
    its own. It runs in a child of one that has imported what modules of AWS import, which takes most of the time of a
    short module.
  - The interpreter belongs to one run of Ansible. It listens on a socket in that run's temporary directory, which only
    the user of the run can reach, and ends with the run. Each module has a process of its own, with the environment and
    the working directory that it has otherwise, and nothing that it does reaches another one.
notes:
  - Needs pipelining. Modules run as in P(ansible.builtin.local#connection) without it, with C(become), with another
    interpreter than that of the controller, and wherever the interpreter cannot be started.
  - A module's parent process is the interpreter, and not the playbook that runs it.
options:
  become_success_timeout:
    description: See P(ansible.builtin.local#connection).
    type: int
    default: 10
  become_strip_preamble:
    description: See P(ansible.builtin.local#connection).
    type: bool
    default: true
  playbook:
    description:
      - Path of the playbook that runs, on the controller.
      - The modules of collections that it and its roles name are packed ahead of the tasks that use them, in a process
        beside the run. Without it, Ansible packs each one when the first task uses it.
    type: path
    vars:
      - name: ansible_warm_local_playbook
extends_documentation_fragment:
  - ansible.builtin.connection_pipelining
seealso:
  - plugin: ansible.builtin.local
    plugin_type: connection
"""

import os
import re
import shlex
import sys

from ansible import constants
from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display
from ansible_collections.nodeops.chainlink.plugins.plugin_utils import _warm

display = Display()


class Connection(LocalConnection):
    """Runs modules in children of a warm interpreter, and everything else as the local connection does."""

    transport = "nodeops.chainlink.warm_local"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command; a module comes as the input of an interpreter without arguments."""
        if in_data and not self.become and is_interpreter(cmd, sys.executable):
            # The same directory in all processes of a run, and in no other run.
            path = os.path.join(constants.DEFAULT_LOCAL_TMP, "warm")
            try:
                connection = _warm.connect(
                    path, sys.executable, self.get_option("playbook") or "", AnsibleCollectionConfig.collection_paths
                )
            except OSError as error:
                display.vv(f"no warm interpreter, starting one for this module: {error}")
            else:
                display.vvv("EXEC in the warm interpreter", host=self._play_context.remote_addr)
                return _warm.run(connection, in_data, self.cwd or os.getcwd())
        return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)


def is_interpreter(command: str, interpreter: str) -> bool:
    """Return whether a command starts an interpreter that reads its program from its input, and nothing else."""
    words = shlex.split(command)
    # In a shell, with a command behind it that keeps some shells from replacing themselves.
    return len(words) == 3 and re.fullmatch(re.escape(interpreter) + r"( && sleep 0)?", words[2].strip()) is not None
