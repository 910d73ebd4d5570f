# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules packed ahead: those that a playbook names, as Ansible packs them, for as long as its run lasts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.plugin_utils import _ahead

TOP = Path(__file__).resolve().parents[4]
COLLECTIONS = [str(TOP / ".ansible" / "collections"), *(path for path in sys.path if path.endswith("site-packages"))]

TEST_MODULES_OF: list[tuple[str, list[str]]] = [
    ("- hosts: localhost", []),
    ("- tasks: [{a.b.one: {x: 1}}, {a.b.two: }, {a.b.one: {x: 2}}]", ["a.b.one", "a.b.two"]),
    ("- tasks: [{ansible.builtin.debug: {msg: x}, when: a.b.c}]", []),
    ("- pre_tasks: [{a.b.one: }]\n  tasks: [{block: [{a.b.two: }], rescue: [{a.b.three: }], always: [{a.b.four: }]}]",
     ["a.b.one", "a.b.two", "a.b.three", "a.b.four"]),
    ("- tasks: [{a.b.one: !unsafe x}, {a.b.two: {secret: !vault y}}]", ["a.b.one", "a.b.two"]),
    ("- tasks: [{ansible.builtin.import_role: {name: a.b.role}}, {a.b.after: }]",
     ["a.b.first", "a.b.inner", "a.b.after"]),
    ("- tasks: [{include_role: {name: a.b.role, tasks_from: other.yml}}]\n", []),
    ("- tasks: [{ansible.builtin.include_role: {name: a.b.role, tasks_from: other}}]", ["a.b.other"]),
    ("- tasks: [{ansible.builtin.include_role: {name: a.b.nowhere}}, {a.b.after: }]", ["a.b.after"]),
    ("- tasks: [{ansible.builtin.include_role: {name: '{{ chosen }}'}}]", []),
    ("- tasks: [{ansible.builtin.include_tasks: more.yml}, {ansible.builtin.include_tasks: {file: more.yml}}]",
     ["a.b.more"]),
    ("- tasks: [{ansible.builtin.import_tasks: nowhere.yml}]", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEST_MODULES_OF)
def test_modules_of(text: str, expected: list[str], tmp_path: Path) -> None:
    tasks = tmp_path / "ansible_collections" / "a" / "b" / "roles" / "role" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text("[{a.b.first: }, {ansible.builtin.include_tasks: inner.yml}]")
    # It names itself, too.
    (tasks / "inner.yml").write_text("[{a.b.inner: }, {ansible.builtin.include_tasks: inner.yml}]")
    (tasks / "other.yml").write_text("[{a.b.other: }]")
    (tmp_path / "more.yml").write_text("[{a.b.more: }]")
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(text)
    assert _ahead.modules_of(playbook, [str(tmp_path / "elsewhere"), str(tmp_path)]) == expected


@pytest.mark.parametrize("name", ["estate", "destroy"])
def test_the_modules_of_our_own_playbooks_are_found(name: str) -> None:
    found = _ahead.modules_of(TOP / "playbooks" / f"{name}.yml", COLLECTIONS)
    assert {"amazon.aws.ec2_vpc_net", "amazon.aws.rds_cluster", "nodeops.chainlink.chainlink_alarms"} <= set(found)
    assert not [module for module in found if module.startswith("ansible.")]


def test_each_playbook_with_a_warm_interpreter_names_itself() -> None:
    texts = {path: path.read_text() for path in (TOP / "playbooks").glob("*.yml")}
    warm = {path: text for path, text in texts.items() if "warm_local" in text}
    assert warm
    for path, text in warm.items():
        assert f'ansible_warm_local_playbook: "{{{{ playbook_dir }}}}/{path.name}"' in text


def run(directory: Path, playbook: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, _ahead.__file__, str(directory), str(playbook), *COLLECTIONS],
        env={"HOME": str(directory.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """Return a playbook with two modules, and one that is nowhere in between."""
    path = tmp_path / "playbook.yml"
    path.write_text("- tasks: [{amazon.aws.aws_caller_info: }, {a.b.nowhere: }, {nodeops.chainlink.chainlink_lock: }]")
    return path


def test_modules_are_packed_as_ansible_does(playbook: Path, tmp_path: Path) -> None:
    cache = tmp_path / "run" / _ahead.CACHE
    cache.mkdir(parents=True)
    assert (answer := run(cache.parent, playbook)).returncode == 0, answer.stderr
    packed = {path.name: path.read_bytes() for path in cache.iterdir()}
    assert len(packed) == 2
    # Ansible finds them there, and packs them no more.
    answer = subprocess.run(
        [sys.executable, "-c", FIND, str(cache.parent), *COLLECTIONS], capture_output=True, text=True, check=False
    )
    assert answer.stdout.split() == ["False"], answer.stderr
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == packed


FIND = """
import sys
from ansible import constants
constants.DEFAULT_LOCAL_TMP = sys.argv[1]
from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar
packed = []
pack = module_common.recursive_finder
module_common.recursive_finder = lambda *arguments: packed.append(arguments) or pack(*arguments)
init_plugin_loader(sys.argv[2:])
module = module_loader.find_plugin_with_context("nodeops.chainlink.chainlink_lock")
variables = {"ansible_python_interpreter": sys.executable}
module_common.modify_module(
    module_name=module.resolved_fqcn,
    module_path=module.plugin_resolved_path,
    module_args={},
    templar=Templar(loader=DataLoader(), variables=variables),
    task_vars=variables,
    module_compression=constants.config.get_config_value("DEFAULT_MODULE_COMPRESSION"),
)
print(bool(packed))
"""


def test_what_the_run_packs_itself_is_left_to_it(playbook: Path, tmp_path: Path) -> None:
    cache = tmp_path / "run" / _ahead.CACHE
    cache.mkdir(parents=True)
    begun = cache / "ansible_collections.amazon.aws.plugins.modules.aws_caller_info-ZIP_DEFLATED-none.lock"
    begun.touch()
    assert run(cache.parent, playbook).returncode == 0
    names = {path.name.split("-")[0].rpartition(".")[2] for path in cache.iterdir() if path != begun}
    assert names == {"chainlink_lock"}


def test_nothing_is_left_of_a_run_that_has_ended(playbook: Path, tmp_path: Path) -> None:
    answer = run(tmp_path / "run", playbook)
    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "run").exists()
    assert not [path for path in tmp_path.rglob("ansible-local-*") if path.exists()]
