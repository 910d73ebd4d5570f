# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in, and what a session may forward."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prepared import Hosts

EVERYWHERE = ["jump", "node", "dnf"]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_right_password_is_refused(hosts: Hosts, name: str, tmp_path: Path) -> None:
    hosts.succeeds(
        name, "id tempted >/dev/null 2>&1 || useradd --create-home tempted; echo tempted:correct-horse | chpasswd"
    )
    askpass = tmp_path / "askpass"
    askpass.write_text("#!/bin/sh\necho correct-horse\n")
    askpass.chmod(0o700)
    answer = hosts.ssh(
        "-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive",
        "-l", "tempted", name, "true", SSH_ASKPASS=str(askpass), SSH_ASKPASS_REQUIRE="force", DISPLAY=":0",
    )  # fmt: skip
    assert answer.returncode == 255
    assert "Permission denied (publickey)" in answer.stderr


@pytest.mark.parametrize("name", EVERYWHERE)
def test_root_is_refused_with_a_right_key(hosts: Hosts, name: str) -> None:
    hosts.succeeds(name, "install -D -m 0600 /home/admin/.ssh/authorized_keys /root/.ssh/authorized_keys")
    answer = hosts.ssh("-l", "root", name, "true")
    assert answer.returncode == 255
    assert "Permission denied (publickey)" in answer.stderr


@pytest.mark.parametrize("name", EVERYWHERE)
def test_remote_forwarding_is_refused(hosts: Hosts, name: str) -> None:
    answer = hosts.ssh("-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:9999:127.0.0.1:9", name, "true")
    assert answer.returncode == 255
    assert "remote port forwarding failed" in answer.stderr


@pytest.mark.parametrize("name", EVERYWHERE)
def test_an_agent_is_not_forwarded(hosts: Hosts, name: str, agent: str) -> None:
    answer = hosts.ssh("-A", name, "echo agent=$SSH_AUTH_SOCK", SSH_AUTH_SOCK=agent)
    assert answer.stdout == "agent=\n"


@pytest.fixture(scope="module")
def agent() -> Iterator[str]:
    """The socket of an agent without keys."""
    # Not pytest's own directory, whose name may be too long for a socket.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "agent")
        with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL) as process:
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.05)
            yield str(path)
            process.terminate()


def forwarded(hosts: Hosts, host: str, target: str) -> tuple[str, str]:
    """Return (what came through a forwarding, what ssh said)."""
    answer = hosts.ssh("-W", target, host)
    return answer.stdout, answer.stderr


def test_the_bastion_leads_to_the_nodes_ssh_servers(hosts: Hosts) -> None:
    greeting, _ = forwarded(hosts, "jump", f"{hosts.address('node')}:22")
    assert greeting.startswith("SSH-2.0-")


@pytest.mark.usefixtures("services")
def test_the_node_leads_to_its_user_interface(hosts: Hosts) -> None:
    assert forwarded(hosts, "node", "localhost:6688")[0] == "served\n"


@pytest.mark.parametrize(
    ("host", "target"),
    [("jump", "{node}:6688"), ("jump", "{node}:5432"), ("node", "localhost:22"), ("node", "{jump}:22")],
)
def test_no_session_leads_elsewhere(hosts: Hosts, host: str, target: str) -> None:
    target = target.format(node=hosts.address("node"), jump=hosts.address("jump"))
    received, said = forwarded(hosts, host, target)
    assert received == ""
    assert "administratively prohibited" in said


def test_a_socket_is_not_reached_through_the_node(hosts: Hosts) -> None:
    """A forwarded socket of the engine would be root's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = f"""
import socket
with socket.create_connection(("127.0.0.1", {port}), 5) as connection:
    connection.sendall(b"GET /version HTTP/1.0\\r\\n\\r\\n")
    print(connection.recv(100))
"""
    command = f"sleep 0.5; python3 -c {shlex.quote(script)}; kill $PPID"
    answer = hosts.ssh(
        "-N", "-o", "PermitLocalCommand=yes", "-o", f"LocalCommand=({command}) &",
        "-L", f"127.0.0.1:{port}:/run/docker.sock", "node",
    )  # fmt: skip
    assert "open failed" in answer.stderr
    assert "ApiVersion" not in answer.stdout


@pytest.mark.parametrize("name", EVERYWHERE)
def test_the_servers_own_account_of_its_settings(hosts: Hosts, name: str) -> None:
    """What no client here can try: a tunnel needs a device, X11 a display."""
    settings = hosts.succeeds(name, "sshd -T")
    for line in ("permittunnel no", "x11forwarding no", "gatewayports no", "permituserrc no", "maxauthtries 3"):
        assert re.search(f"^{line}$", settings, re.MULTILINE), line


@pytest.mark.parametrize("name", EVERYWHERE)
def test_old_algorithms_are_not_spoken(hosts: Hosts, name: str) -> None:
    for option in ("KexAlgorithms=ecdh-sha2-nistp256", "MACs=hmac-sha1", "HostKeyAlgorithms=ecdsa-sha2-nistp256"):
        # A cipher with a MAC of its own would make any MAC do.
        answer = hosts.ssh("-o", option, "-o", "Ciphers=aes256-ctr", name, "true")
        assert "Unable to negotiate" in answer.stderr, option
