# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate as its operator sees it: through AWS, Ansible and SSH."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import testinfra
from testinfra.host import Host

TOP = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Estate:
    """One deployed estate: ``directory`` holds its inventory, its SSH configuration and its operator's environment.

    Playbooks run as the operator, whose documented policies cover what they need and no more. What the tests
    themselves ask of AWS they ask as the account's administrator.
    """

    name: str
    directory: Path
    environment: dict[str, str] = field(repr=False)
    administrator: dict[str, str] = field(repr=False)

    def client(self, service: str) -> Any:
        """Return a client with the administrator's credentials."""
        return boto3.client(
            service,
            endpoint_url=self.administrator["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.administrator["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.administrator["AWS_SECRET_ACCESS_KEY"],
            region_name=self.administrator["AWS_REGION"],
        )

    @property
    def record(self) -> dict[str, Any]:
        parameter = self.client("ssm").get_parameter(Name=f"/nodeops/{self.name}/record")
        return json.loads(parameter["Parameter"]["Value"])

    def instances(self, role: str) -> list[dict[str, Any]]:
        answer = self.client("ec2").describe_instances(
            Filters=[
                {"Name": "tag:nodeops:estate", "Values": [self.name]},
                {"Name": "tag:nodeops:role", "Values": [role]},
                {"Name": "instance-state-name", "Values": ["running"]},
            ]
        )
        return [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]

    @property
    def started(self) -> Path:
        """What the playbook has printed that was started last; the hunt for secrets reads it as it does all logs."""
        return self.directory / "started.log"

    def ssh_config(self) -> Path:
        return self.directory / "ssh" / "ssh_config"

    def host(self, instance_id: str) -> Host:
        return testinfra.get_host(f"ssh://{instance_id}", ssh_config=str(self.ssh_config()), sudo=True)

    def nodes(self) -> dict[str, Host]:
        return {
            instance["InstanceId"]: self.host(instance["InstanceId"])
            for instance in sorted(self.instances("node"), key=lambda instance: instance["InstanceId"])
        }

    def run_on(self, instance_id: str, command: list[str], text: str = "") -> str:
        """Run a command as root with an input that must not stand in an argument; return its output."""
        answer = subprocess.run(
            ["ssh", "-F", str(self.ssh_config()), instance_id, shlex.join(["sudo", *command])],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def secrets(self) -> dict[str, str]:
        """Return every string that must never be found anywhere, by a name that may be printed."""
        manager = self.client("secretsmanager")
        names = [secret["Name"] for secret in manager.list_secrets()["SecretList"]]
        found: dict[str, str] = {}
        for name in names:
            text = manager.get_secret_value(SecretId=name)["SecretString"]
            for number, value in enumerate(sensitive_strings(text)):
                found[f"{name}#{number}"] = value
        return found

    def _playbook(self, name: str, arguments: tuple[str, ...], variables: dict[str, Any]) -> list[str]:
        command = [str(BIN / "ansible-playbook"), "-i", str(self.directory / "inventory/aws_ec2.yml"), name, *arguments]
        return [*command, "--extra-vars", json.dumps(variables)] if variables else command

    def playbook(
        self, name: str, *arguments: str, timeout: float = 900, **variables: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._playbook(name, arguments, variables),
            cwd=TOP,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=timeout,
        )

    def start_playbook(self, name: str, **variables: Any) -> subprocess.Popen[str]:
        """Start a playbook that will not be allowed to end by itself; what it prints is in ``started``."""
        with self.started.open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                self._playbook(name, (), variables),
                cwd=TOP,
                env=self.environment,
                text=True,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ansible(self, pattern: str, module: str, arguments: str = "", *options: str) -> str:
        command = [str(BIN / "ansible"), "-i", str(self.directory / "inventory/aws_ec2.yml"), pattern, "-m", module]
        if arguments:
            command += ["-a", arguments]
        answer = subprocess.run(
            [*command, *options],
            cwd=TOP,
            env={**self.environment, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )
        return answer.stdout + answer.stderr


def sensitive_strings(text: str) -> list[str]:
    """Return the sensitive parts of a secret: every JSON leaf that is no name, flag or address of a person."""
    try:
        value = json.loads(text)
    except ValueError:
        return [text]

    def leaves(node: Any, key: str) -> list[str]:
        if isinstance(node, dict):
            return [leaf for name, child in node.items() for leaf in leaves(child, name)]
        if isinstance(node, list):
            return [leaf for child in node for leaf in leaves(child, key)]
        return [node] if isinstance(node, str) and key not in ("username", "name", "email", "ChainID") else []

    return leaves(value, "")


def environment_of(path: Path) -> dict[str, str]:
    """Return the environment of a shell that has read a file of exports."""
    exported = subprocess.run(
        ["sh", "-c", '. "$1" && env -0', "sh", str(path)], capture_output=True, check=True, timeout=30
    ).stdout.decode()
    return dict(pair.split("=", 1) for pair in exported.split("\0") if "=" in pair)


def open_estate() -> Estate:
    """Return the estate of the lab that the environment names."""
    name = os.environ["NODEOPS_LAB_NAME"]
    directory = TOP / ".lab" / name
    environment = environment_of(directory / "env")
    # Molecule points Ansible at its own inventory and configuration; an operator's shell has neither.
    environment = {name: value for name, value in environment.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))}
    environment["ANSIBLE_CONFIG"] = str(TOP / "ansible.cfg")
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    return Estate(name, directory, environment, environment_of(directory / "administrator.env"))
