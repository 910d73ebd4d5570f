# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published collection works by itself: built, installed elsewhere, stripped, and used by fully qualified names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
KEPT = {"meta", "plugins", "roles", "playbooks"}
# What ansible-galaxy writes; without it the directory is no installed collection.
MANIFEST = {"MANIFEST.json", "FILES.json"}


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, "ANSIBLE_NOCOLOR": "1", **environment},
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a collections path that holds nothing of this checkout but what is needed at run time."""
    work = tmp_path_factory.mktemp("published")
    built = run(str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(work), cwd=TOP)
    assert built.returncode == 0, built.stderr
    (artifact,) = work.glob("nodeops-chainlink-*.tar.gz")
    collections = work / "collections"
    installation = run(
        *(str(BIN / "ansible-galaxy"), "collection", "install", "--no-deps", "--offline"),
        *("--collections-path", str(collections), str(artifact)),
        cwd=work,
    )
    assert installation.returncode == 0, installation.stderr
    for entry in (collections / "ansible_collections/nodeops/chainlink").iterdir():
        if entry.name not in KEPT | MANIFEST:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return collections


def test_artifact_holds_no_lab_and_no_tests(installed: Path) -> None:
    work = installed.parent
    (artifact,) = work.glob("nodeops-chainlink-*.tar.gz")
    listing = run("tar", "tzf", str(artifact), cwd=work).stdout.splitlines()
    ours = re.compile(
        r"(\..*|bench|lab|molecule|requirements|scripts|tests)(/|$)|(ansible\.cfg|pyproject\.toml|site\.yml)$"
    )
    assert [name for name in listing if ours.match(name)] == []
    assert artifact.stat().st_size < 2_000_000
    # What README.md and docs tell to copy or to loop over after an installation.
    told = ("inventory/aws_ec2.yml", "inventory/group_vars/all.yml", "docs/operator-policy/network.json")
    assert [name for name in told if name not in listing] == []
    assert "cp -r inventory" not in (TOP / "README.md").read_text(encoding="utf-8")


def test_artifact_holds_what_its_documents_link_to(installed: Path) -> None:
    (artifact,) = installed.parent.glob("nodeops-chainlink-*.tar.gz")
    listing = run("tar", "tzf", str(artifact), cwd=installed.parent).stdout.splitlines()
    held = {Path(name) for name in listing} | {parent for name in listing for parent in Path(name).parents}
    dangling = [
        f"{document}: {link}"
        for document in listing
        if document.endswith(".md")
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (TOP / document).read_text(encoding="utf-8"))
        if Path(os.path.normpath(Path(document).parent / link)) not in held
    ]
    assert dangling == []


def test_site_playbook_runs_by_name_and_refuses_bad_input(installed: Path, tmp_path: Path) -> None:
    answer = run(
        str(BIN / "ansible-playbook"),
        "nodeops.chainlink.site",
        "-vvv",
        "--extra-vars",
        '{"estate_name": "stripped", "chainlink_release": {"tag": "latest"}, "estate_admin_cidrs": ["0.0.0.0/0"]}',
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        ANSIBLE_HOME=str(tmp_path / "ansible"),
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert answer.returncode != 0
    output = answer.stdout + answer.stderr
    for expected in ("estate_region", "estate_admin_cidrs", "latest"):
        assert expected in output, output
    assert "Traceback" not in output
    # The many modules of this play share an interpreter: docs/decisions/0012.
    assert "EXEC in the warm interpreter" in output


def test_status_says_that_credentials_are_missing(installed: Path, tmp_path: Path) -> None:
    answer = run(
        *(str(BIN / "ansible-playbook"), "-i", "localhost,", "nodeops.chainlink.status"),
        *("--extra-vars", '{"estate_name": "stripped", "estate_region": "eu-central-1"}'),
        cwd=tmp_path,
        HOME=str(tmp_path),
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        ANSIBLE_HOME=str(tmp_path / "ansible"),
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert answer.returncode != 0
    assert "There are no complete AWS credentials (NoCredentialsError); set AWS_PROFILE" in answer.stdout


def test_every_module_documents_itself(installed: Path, tmp_path: Path) -> None:
    modules = sorted(path.stem for path in (TOP / "plugins/modules").glob("*.py"))
    assert modules
    answer = run(
        str(BIN / "ansible-doc"),
        "--type",
        "module",
        *(f"nodeops.chainlink.{name}" for name in modules),
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        ANSIBLE_HOME=str(tmp_path / "ansible"),
    )
    assert answer.returncode == 0, answer.stderr
    assert len(re.findall(r"^> MODULE nodeops\.chainlink\.", answer.stdout, re.MULTILINE)) == len(modules)
