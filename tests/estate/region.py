# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region without machines, and estates in it as their operators see them: through playbooks and AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml
from nodeops_lab.api.access.accounts import operator_policies
from nodeops_lab.settings import OPERATOR_POLICIES, LabSettings
from playbook_output import changed_tasks

TOP = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR")
"""What of the environment a playbook gets: no credentials and no settings of Ansible that happen to be there."""

ROOM_FOR_MORE = (("ec2", "L-0263D0A3"), ("ec2", "L-1216C47A"), ("vpc", "L-A4707A72"), ("vpc", "L-F678F1CE"))
"""Elastic IP addresses, standard instances' processors, internet gateways and VPCs: an account has five of each."""


@dataclass(frozen=True)
class Run:
    """What a playbook did."""

    code: int
    output: str

    @property
    def changed(self) -> list[str]:
        """The tasks that report a change, once for each item."""
        return changed_tasks(self.output)

    def succeeded(self) -> Run:
        """Return itself, if it did."""
        assert self.code == 0, self.output[-6000:]
        return self


@dataclass(frozen=True)
class Estate:
    """An estate to be: its operator has the documented policies for it and nothing more."""

    name: str
    region: Region
    directory: Path
    variables: dict[str, Any] = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        """Run a playbook as the operator does; variables go before those of the inventory for this run."""
        command = [str(BIN / "ansible-playbook"), "-i", str(self.directory / "inventory"), playbook, *arguments]
        if variables:
            path = self.directory / "variables.json"
            path.write_text(json.dumps(variables), encoding="utf-8")
            command += ["--extra-vars", f"@{path}"]
        answer = subprocess.run(
            command,
            cwd=TOP,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=1800,
        )
        return Run(answer.returncode, answer.stdout)

    def provision(self, *arguments: str, **variables: Any) -> Run:
        """Run playbooks/estate.yml."""
        return self.run("playbooks/estate.yml", *arguments, **variables)


@dataclass(frozen=True)
class Region:
    """A region, and its administrator."""

    settings: LabSettings
    directory: Path

    @property
    def name(self) -> str:
        """The region's name in AWS."""
        return self.settings.region

    def client(self, service: str) -> Any:
        """Return a client with the administrator's credentials."""
        settings = self.settings
        session: Any = boto3.Session(
            settings.administrator_access_key_id, settings.administrator_secret_access_key, region_name=self.name
        )
        return session.client(service, endpoint_url=settings.api_url)

    def raise_quotas(self) -> None:
        """Have the quotas raised that several estates in one region exceed, as their operator has to."""
        quotas = self.client("service-quotas")
        for service, code in ROOM_FOR_MORE:
            quotas.request_service_quota_increase(ServiceCode=service, QuotaCode=code, DesiredValue=100)

    def estate(self, name: str, policies: dict[str, str] | None = None, **variables: Any) -> Estate:
        """Return an estate that does not exist yet, with the inventory of a new operator of its own.

        policies: what the operator may besides, documents by name.
        """
        directory = self.directory / name
        group_vars = directory / "inventory" / "group_vars"
        group_vars.mkdir(parents=True)
        generated = self.settings.state_directory / "inventory" / "group_vars" / "all.yml"
        chosen = yaml.safe_load(generated.read_text(encoding="utf-8")) | {
            "estate_name": name,
            "estate_ssh_directory": str(directory / "ssh"),
            **variables,
        }
        (group_vars / "all.yml").write_text(yaml.safe_dump(chosen, sort_keys=False), encoding="utf-8")
        (directory / "inventory" / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ} | self.operator(
            name, policies or {}
        )
        environment |= {
            "ANSIBLE_CONFIG": str(TOP / "ansible.cfg"),
            "PATH": f"{directory / 'bin'}:{BIN}:{os.environ['PATH']}",
        }
        return Estate(name, self, directory, chosen, environment)

    def operator(self, estate: str, more: dict[str, str]) -> dict[str, str]:
        """Make an operator of an estate, as docs/operator-policy says, and return the environment of a shell."""
        iam = self.client("iam")
        user = f"operator-of-{estate}"
        iam.create_user(UserName=user)
        for name, document in (operator_policies(OPERATOR_POLICIES, estate, self.name) | more).items():
            made = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]
            iam.attach_user_policy(UserName=user, PolicyArn=made["Arn"])
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return {
            "AWS_ENDPOINT_URL": self.settings.api_url,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_REGION": self.name,
            "AWS_DEFAULT_REGION": self.name,
        }


def lab(name: str, *arguments: str) -> None:
    """Run the command `lab`."""
    done = subprocess.run(
        [sys.executable, "-m", "nodeops_lab.cli", arguments[0], "--name", name, *arguments[1:]],
        cwd=TOP,
        env=os.environ | {"PYTHONPATH": str(TOP / "lab")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def open_region(directory: Path, *options: str, name: str = f"estates-{os.getpid()}") -> Iterator[Region]:
    """Make a region without machines, and remove it afterwards."""
    lab(name, "up", "--without-machines", *options)
    try:
        region = Region(LabSettings.load(name), directory)
        region.raise_quotas()
        yield region
    finally:
        lab(name, "down")
