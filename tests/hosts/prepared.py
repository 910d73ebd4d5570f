# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as their administrator sees them: by SSH."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import testinfra
from testinfra.host import Host

PROBE = "probe"
"""Image of a container that answers on port 6688, made of the node host's own programs."""

MAKE_PROBE = """
set -e
files=$(ldd /usr/bin/perl /bin/cat | grep -oE '/[^ )]+' | sort -u)
tar -ch /bin/cat /usr/bin/perl /usr/lib/x86_64-linux-gnu/perl-base $files 2>/dev/null | docker import - probe >/dev/null
"""
SERVE = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 6688, Listen => 5, ReuseAddr => 1) or die; "
    'while (my $c = $s->accept) { print $c "served\\n"; close $c; }'
)


@dataclass(frozen=True)
class Hosts:
    """The hosts of the scenario: a bastion, a node behind it, and one whose packages dnf manages."""

    directory: Path
    network: str

    @property
    def configuration(self) -> Path:
        return self.directory / "ssh_config"

    def address(self, name: str) -> str:
        return f"{self.network}.{10 + ['jump', 'node', 'dnf'].index(name)}"

    def host(self, name: str) -> Host:
        return testinfra.get_host(f"ssh://{name}", ssh_config=str(self.configuration), sudo=True)

    def ssh(self, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ssh", "-F", str(self.configuration), "-o", "ConnectTimeout=10", *arguments],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
            env={**os.environ, **environment},
        )

    def succeeds(self, host: str, command: str) -> str:
        """Return what a command prints as root."""
        answer = self.ssh(host, "sudo", "sh", "-s", text=command)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def container_reaches(self, target: str) -> bool:
        """Return whether a container on the node can open a connection to ADDRESS:PORT."""
        program = f'print IO::Socket::INET->new(PeerAddr => "{target}", Timeout => 3) ? "reached" : "not"'
        command = f"docker run --rm {PROBE} /usr/bin/perl -MIO::Socket::INET -e '{program}'"
        return {"reached": True, "not": False}[self.succeeds("node", command)]

    def served(self, client: str, address: str, port: int) -> bool:
        """Return whether a client gets an answer from a port."""
        script = f"timeout 3 bash -c 'exec 3<>/dev/tcp/{address}/{port} && head -c 6 <&3'"
        return "served" in self.ssh(client, script).stdout
