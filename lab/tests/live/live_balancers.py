# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers in front of hosts that answer health checks with a chosen status, or not at all, as a standby."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodeops_lab.certificates import Authority

from .live_lab import Host, LiveLab, lab

PORT = 6688
P2P_PORT = 6690
NAME = "node.nodeops.test"
EVERYBODY = [{"CidrIp": "0.0.0.0/0"}]

# Answers /health with the status in /run/status, everything else with what it was asked; closed while there is none.
SERVER = """
import http.server, json, pathlib, socket, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/slow/"):
            time.sleep(float(self.path.removeprefix("/slow/")))
        status = int(pathlib.Path("/run/status").read_text()) if self.path == "/health" else 200
        body = json.dumps({"host": socket.gethostname(), "path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        with open("/run/requests", "a") as log:
            log.write(f"{self.client_address[0]} {self.path} {self.headers['User-Agent']} {self.headers['Host']}\\n")
class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
Server(("", int(sys.argv[1])), Handler).serve_forever()
"""


def serve(host: Host, status: int) -> None:
    """Let a host answer health checks with a status."""
    host.run(f"echo {status} | sudo tee /run/status")


def open_ports(host: Host) -> None:
    """Start the servers: one for the node's API, one for what peers connect to."""
    host.run("sudo tee /run/server.py", text=SERVER)
    for port in (PORT, P2P_PORT):
        host.run(f"sudo systemd-run --unit server-{port} python3 /run/server.py {port}")


def close(host: Host) -> None:
    """Let a host refuse connections, as a standby does."""
    host.run(f"sudo systemctl stop server-{PORT}")


@dataclass
class Answer:
    """What curl got."""

    status: int
    headers: dict[str, str]
    body: str
    error: str

    @property
    def seen(self) -> dict[str, Any]:
        """What the target saw."""
        content: dict[str, Any] = json.loads(self.body)
        return content


def asking(address: str, url: str, *options: str) -> subprocess.Popen[str]:
    """Begin to send a request to a load balancer's address, as somebody who resolves its names."""
    return subprocess.Popen(
        ["curl", "-sSi", "--max-time", "30", "--connect-to", f"::{address}:", *options, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(address: str, url: str, *options: str) -> Answer:
    """Send a request and return the answer."""
    return answer_to(asking(address, url, *options))


def answer_to(request: subprocess.Popen[str]) -> Answer:
    """Wait for the answer to a request."""
    output, errors = request.communicate(timeout=60)
    head, _, body = output.replace("\r\n", "\n").partition("\n\n")
    lines = head.splitlines() or ["- 0"]
    # The case of values matters, that of names does not.
    headers = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines[1:] if ": " in line}
    return Answer(int(lines[0].split()[1]), headers, body, errors)


@dataclass
class Balancer:
    """A load balancer."""

    live: LiveLab
    arn: str

    def describe(self) -> dict[str, Any]:
        """Return it as the API describes it."""
        answer = self.live.client("elbv2").describe_load_balancers(LoadBalancerArns=[self.arn])
        found: dict[str, Any] = answer["LoadBalancers"][0]
        return found

    def active(self) -> bool:
        """Return whether it routes traffic."""
        return bool(self.describe()["State"]["Code"] == "active")

    def interfaces(self) -> list[dict[str, Any]]:
        """Return its nodes' interfaces, in the order of their zones."""
        description = f"ELB {self.arn.partition('loadbalancer/')[2]}"
        answer = self.live.client("ec2").describe_network_interfaces(
            Filters=[{"Name": "description", "Values": [description]}]
        )
        return sorted(answer["NetworkInterfaces"], key=lambda item: str(item["AvailabilityZone"]))

    def addresses(self) -> list[str]:
        """Return its public addresses, in the order of their zones."""
        return [interface["Association"]["PublicIp"] for interface in self.interfaces()]

    def delete(self) -> None:
        """Delete it and wait until it is gone."""
        self.live.client("elbv2").delete_load_balancer(LoadBalancerArn=self.arn)
        lab("wait")


@dataclass
class Group:
    """A target group."""

    live: LiveLab
    arn: str

    def health(self) -> dict[str, dict[str, str]]:
        """Return the targets' health by id."""
        answer = self.live.client("elbv2").describe_target_health(TargetGroupArn=self.arn)
        return {item["Target"]["Id"]: item["TargetHealth"] for item in answer["TargetHealthDescriptions"]}

    def becomes(self, **states: str) -> float:
        """Wait until each target has its state; return the seconds. Targets are named with _ in place of -."""
        wanted = {name.replace("_", "-", 1): state for name, state in states.items()}

        began = time.monotonic()
        while {key: value["State"] for key, value in self.health().items() if key in wanted} != wanted:
            assert time.monotonic() - began < 90, f"{wanted} expected, found {self.health()}"
            time.sleep(0.5)
        return time.monotonic() - began


def internet(live: LiveLab) -> None:
    """Give the shared network an internet gateway unless it has one."""
    ec2, vpc_id = live.client("ec2"), live.network().vpc_id
    filters = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    if not ec2.describe_internet_gateways(Filters=filters)["InternetGateways"]:
        made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc_id)


def security_group(live: LiveLab, name: str, *permissions: dict[str, Any]) -> str:
    """Create a security group."""
    ec2 = live.client("ec2")
    made: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=live.network().vpc_id)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
    return made


def port_open(port: int, *, group_id: str | None = None) -> dict[str, Any]:
    """Return a permission for a port: for everybody, or for a group's members."""
    peers = {"UserIdGroupPairs": [{"GroupId": group_id}]} if group_id else {"IpRanges": EVERYBODY}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


def certificate(live: LiveLab, directory: Path, name: str) -> tuple[str, Path]:
    """Import a certificate of an authority made for it; return its ARN and the authority's file."""
    authority = Authority(directory)
    authority.create("Office")
    issued, key = authority.issue([name])
    arn = live.client("acm").import_certificate(
        Certificate=issued, PrivateKey=key, CertificateChain=authority.certificate_pem
    )["CertificateArn"]
    return str(arn), directory / "ca.pem"
