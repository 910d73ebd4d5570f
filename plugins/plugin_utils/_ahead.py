# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packs the modules of a playbook ahead of the tasks that use them, beside the run.

Ansible packs a module with the library that it imports when the first task uses it, which takes longer than most
modules of AWS run, and keeps it in the run's temporary directory for the next task. As a program this file puts packed
modules there, in the order of the tasks. What it does not find, or the run needs sooner, Ansible packs as ever.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

CACHE = "ansiballz_cache"
"""Where in its temporary directory Ansible keeps packed modules (ansible-core: executor/module_common.py)."""

INCLUDED = ("include_role", "import_role", "include_tasks", "import_tasks")
TASKS = ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always")


# --- which modules ---------------------------------------------------------------------------------------------------


def modules_of(playbook: Path, collections: Sequence[str]) -> list[str]:
    """Return the modules of collections that a playbook's tasks and its roles name, in their order, each once.

    collections: directories in which collections are installed, first ones first.

    Raises:
        OSError: the playbook cannot be read.
        yaml.YAMLError: the playbook is not YAML.
    """
    found: dict[str, None] = {}
    seen: set[Path] = set()

    def walk(entry: Any, tasks: Path) -> None:
        if isinstance(entry, list):
            for part in entry:
                walk(part, tasks)
        elif isinstance(entry, dict):
            for key, value in entry.items():
                if key in TASKS:
                    walk(value, tasks)
                elif isinstance(key, str) and key.count(".") == 2:
                    kind = key.removeprefix("ansible.builtin.")
                    if kind in INCLUDED:
                        included(kind, value, tasks)
                    elif kind == key:
                        found[key] = None

    def included(kind: str, value: Any, tasks: Path) -> None:
        if kind.endswith("_role"):
            path = role_tasks(str(value.get("name")), str(value.get("tasks_from", "main")), collections)
        else:
            path = tasks / str(value["file"] if isinstance(value, dict) else value)
        # What is chosen at run time is not known yet.
        if path is not None and path.is_file() and path not in seen:
            seen.add(path)
            walk(_Loader(path.read_bytes()).get_single_data(), path.parent)

    walk(_Loader(playbook.read_bytes()).get_single_data(), playbook.parent)
    return list(found)


def role_tasks(name: str, tasks_from: str, collections: Sequence[str]) -> Path | None:
    """Return the file with a role's tasks, where the role is one of a collection and is there."""
    if name.count(".") != 2:
        return None
    namespace, collection, role = name.split(".")
    for directory in collections:
        roles = Path(directory, "ansible_collections", namespace, collection, "roles")
        path = roles / role / "tasks" / f"{tasks_from.removesuffix('.yml')}.yml"
        if path.is_file():
            return path
    return None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads what Ansible's own tags stand before as nothing: no module is named there."""


_Loader.add_constructor(None, lambda loader, node: None)


# --- packing them ----------------------------------------------------------------------------------------------------


def pack(names: Iterable[str], collections: Sequence[str]) -> Iterator[Path]:
    """Pack modules one after the other; yield what each has become, in a directory of this process."""
    # Only here, since it takes most of a second, in which the playbook can be read.
    from ansible import constants
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader(list(collections))
    variables = {"ansible_python_interpreter": sys.executable}
    templar = Templar(loader=DataLoader(), variables=variables)
    compression = constants.config.get_config_value("DEFAULT_MODULE_COMPRESSION")
    own = Path(constants.DEFAULT_LOCAL_TMP, CACHE)
    for name in names:
        module = module_loader.find_plugin_with_context(name)
        if module.resolved and module.plugin_resolved_path:
            modify_module(
                module_name=module.resolved_fqcn,
                module_path=module.plugin_resolved_path,
                module_args={},
                templar=templar,
                task_vars=variables,
                module_compression=compression,
            )
            yield from [path for path in own.iterdir() if path.suffix != ".lock"]


def is_packed(name: str, cache: Path) -> bool:
    """Return whether a module lies in a run's directory already, or is being packed by the run itself."""
    namespace, collection, module = name.split(".")
    return any(cache.glob(f"ansible_collections.{namespace}.{collection}.plugins.modules.{module}-*"))


def main(run: Path, playbook: Path, collections: Sequence[str]) -> None:
    """Pack the modules of a playbook into the temporary directory of a run, for as long as that is there."""
    cache = run / CACHE
    missing = (name for name in modules_of(playbook, collections) if not is_packed(name, cache))
    for packed in pack(missing, collections):
        try:
            packed.rename(cache / packed.name)
        except FileNotFoundError:
            # The run has ended.
            return


if __name__ == "__main__":
    # The directory of this file holds no module that anybody else should import.
    del sys.path[0]
    # The run itself goes first.
    os.nice(5)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
