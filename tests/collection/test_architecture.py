# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree keeps its rules: what may know of what, and what has to agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
PRODUCT = [TOP / name for name in ("roles", "plugins", "playbooks", "inventory", "site.yml")]
UTILS = TOP / "plugins/module_utils"


def product_files() -> list[Path]:
    found = [path for root in PRODUCT for path in ([root] if root.is_file() else root.rglob("*"))]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def test_the_product_does_not_know_the_lab() -> None:
    forbidden = re.compile(r"\bmoto\b|\blab\b|emulat|localhost:5\d{3}|127\.0\.0\.1:5|stand-in", re.IGNORECASE)
    hits = [
        f"{path.relative_to(TOP)}:{number}: {line.strip()}"
        for path in product_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert hits == []


@pytest.mark.parametrize("path", sorted(UTILS.rglob("*.py")), ids=lambda path: str(path.relative_to(UTILS)))
def test_module_utils_know_no_ansible_and_import_each_other_relatively(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0}
    assert [name for name in imported if name.split(".")[0] in ("ansible", "ansible_collections")] == []


def role_names() -> list[str]:
    return sorted(path.name for path in (TOP / "roles").iterdir() if path.is_dir())


@pytest.mark.parametrize("role", role_names())
def test_argument_specs_and_defaults_agree(role: str) -> None:
    """Each default is specified with the same value and a type; each specified default stands in defaults."""
    root = TOP / "roles" / role
    specification = yaml.safe_load((root / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults_file = root / "defaults/main.yml"
    defaults = (yaml.safe_load(defaults_file.read_text(encoding="utf-8")) if defaults_file.exists() else None) or {}
    options: dict[str, dict[str, object]] = {}
    for entry_point in specification.values():
        options.update(entry_point.get("options") or {})
    assert len(defaults) <= 25
    assert [name for name in defaults if name not in options] == []
    assert [name for name, option in options.items() if "type" not in option] == []
    own = {name: option for name, option in options.items() if name.startswith(f"{role}_")}
    for name, option in own.items():
        if "default" in option:
            assert defaults.get(name) == option["default"], name
        elif name in defaults:
            # A computed default cannot be written in a specification; it must be an expression, else state it there.
            assert "{{" in str(defaults[name]), f"{name} has a plain default that argument_specs does not state"


def plays() -> list[tuple[str, dict[str, Any]]]:
    """Every play that runs tasks, with the file that it stands in."""
    return [
        (f"{path.name}: {play['name']}", play)
        for path in sorted((TOP / "playbooks").glob("*.yml"))
        for play in yaml.safe_load(path.read_text(encoding="utf-8"))
        if "hosts" in play
    ]


def test_no_play_leaves_modules_in_files() -> None:
    """Whatever the operator's ansible.cfg says: Ansible's default writes modules to disks, passwords included."""
    assert len(plays()) > 40
    assert [name for name, play in plays() if play.get("vars", {}).get("ansible_pipelining") is not True] == []


def test_no_task_asks_whether_a_variable_is_defined_that_it_defines_itself() -> None:
    """A task's own variables are there when its condition is judged."""
    asked = re.compile(r"(\w+) is (?:not )?(?:un)?defined")
    found = [
        (file, task.get("name"), name)
        for file, tasks in [*((name, play.get("tasks", [])) for name, play in plays()), *task_files()]
        for task in tasks_of(tasks)
        for name in asked.findall(str(task.get("when", "")))
        if name in task.get("vars", {})
    ]
    assert found == []


def task_files() -> list[tuple[str, list[dict[str, Any]]]]:
    return [
        (str(path.relative_to(TOP)), yaml.safe_load(path.read_text(encoding="utf-8")) or [])
        for path in sorted(TOP.glob("roles/*/tasks/*.yml"))
    ]


def test_a_restore_stops_no_node_before_its_release_is_known_to_run() -> None:
    steps = [
        task.get("ansible.builtin.include_role", {}).get("tasks_from")
        for name, play in plays()
        if name.startswith("restore.yml")
        for task in tasks_of(play["tasks"])
    ]
    assert steps == ["abandon", "plan", "refuse", "validate", "cluster", "stop", "switch", "watch", "finish"]


def tasks_of(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every task, those in blocks too, which have what is said of their block."""
    for task in tasks:
        inner = [one for part in ("block", "rescue", "always") for one in task.get(part, [])]
        yield from tasks_of([{"no_log": task.get("no_log", False), **one} for one in inner]) if inner else (task,)


@pytest.mark.parametrize("path", sorted(TOP.glob("roles/*/tasks/*.yml")), ids=lambda path: str(path.relative_to(TOP)))
def test_a_hidden_answer_is_told_without_its_secrets(path: Path) -> None:
    """A task whose answer is hidden altogether says no cause when it fails: something that is not hidden must."""
    text = path.read_text(encoding="utf-8")
    hidden = [task for task in tasks_of(yaml.safe_load(text) or []) if task.get("no_log")]
    untold = [
        task["name"]
        for task in hidden
        if "register" not in task or not re.search(rf"(?<!register: )\b{task['register']}\b", text)
    ]
    assert untold == []


def test_every_defect_of_the_quick_start_names_tests_that_exist() -> None:
    text = (TOP / "docs/quick-start-defects.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| D\d", line)]
    assert [row[0].strip() for row in rows] == [f"D{number}" for number in range(1, 39)]
    for number, _, tests in rows:
        file = ""
        found = re.findall(r"`([\w/]*\.py)?::(\w+)`", tests)
        assert found, number
        for named, function in found:
            file = named or file
            assert f"\ndef {function}(" in (TOP / "tests" / file).read_text(encoding="utf-8"), f"{number}: {function}"


# Of its two templates: those for a network of its own, those for one that exists, and those for both.
PARAMETERS_OF_THE_QUICK_START = """
AvailabilityZones VPCCIDR PublicSubnet1CIDR PublicSubnet2CIDR PrivateSubnet1CIDR PrivateSubnet2CIDR VPCTenancy
VPCID PublicSubnet1ID PublicSubnet2ID PrivateSubnet1ID PrivateSubnet2ID
RemoteAccessCIDR KeyPairName BastionAMIOS BastionInstanceType ChainlinkNodeInstanceType ChainlinkNodeRootVolumeSize
NumBastionHosts BastionHostName BastionTenancy EnableBanner BastionBanner EnableTCPForwarding EnableX11Forwarding
BlockchainNetwork ChainlinkNodeGUIEmail ChainlinkNodeGUIPassword BlockchainNodeUrl NodeWalletPassword
UseSSLCertificate SSLCertificateARN
DBName DBAutoMinorVersionUpgrade DBBackupRetentionPeriod DBMultiAZ DBEngineVersion DBInstanceClass DBMasterUsername
DBMasterUserPassword DBPort
EnableAmazonDevOpsGuru AdministratorAccountId EmailAddress
QSS3BucketName QSS3KeyPrefix QSS3BucketRegion
"""


def test_every_parameter_of_the_quick_start_has_a_row_with_variables_that_exist() -> None:
    text = (TOP / "docs/quick-start-parameters.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| [A-Z]", line)]
    named = [name.strip() for there, _ in rows for name in there.split(",")]
    assert sorted(named) == sorted(PARAMETERS_OF_THE_QUICK_START.split())
    known = {
        name
        for role in role_names()
        for entry_point in specification_of(role).values()
        for name in entry_point.get("options") or {}
    }
    preflight = yaml.safe_load(documentation_of("chainlink_preflight"))["options"]
    for there, here in rows:
        variables = re.findall(r"`([a-z][a-z0-9_]*)`", here)
        assert variables or here.strip().startswith("none: "), there
        assert [name for name in variables if name not in known | preflight.keys()] == [], there


def specification_of(role: str) -> dict[str, Any]:
    """Return a role's argument specifications by entry point."""
    text = (TOP / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8")
    specified: dict[str, Any] = yaml.safe_load(text)["argument_specs"]
    return specified


def documentation_of(module: str) -> str:
    """Return a module's documentation."""
    tree = ast.parse((TOP / "plugins/modules" / f"{module}.py").read_text(encoding="utf-8"))
    (text,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    )
    return str(text)


def test_what_a_role_can_remove_is_removed_with_the_estate() -> None:
    """Each entry point `remove` or `remove_...` is called by destroy.yml, or by a role that is."""
    called = "".join(
        path.read_text(encoding="utf-8")
        for path in [TOP / "playbooks/destroy.yml", *(TOP / "roles").glob("*/tasks/remove.yml")]
    )
    missing = []
    for role in role_names():
        specified = yaml.safe_load((TOP / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        for entry_point in specified["argument_specs"]:
            call = rf"name: nodeops\.chainlink\.{role}\n\s+tasks_from: {entry_point}\n"
            if re.match(r"remove(_|$)", entry_point) and not re.search(call, called):
                missing.append(f"{role}: {entry_point}")
    assert missing == []


def test_every_decision_stands_in_their_index() -> None:
    decisions = TOP / "docs/decisions"
    index = re.findall(
        r"^\| (\d+) \| \[(.*)\]\((.*)\) \|$", (decisions / "README.md").read_text(encoding="utf-8"), re.M
    )
    titles = {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in decisions.glob("0*.md")}
    assert {name: f"# {number}. {title}" for number, title, name in index} == titles
