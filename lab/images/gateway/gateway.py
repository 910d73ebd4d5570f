# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of the gateway: nginx, the metadata server, and one resolver for each VPC that it is connected to."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import signal
import string
import subprocess
import sys
import time
from pathlib import Path

METADATA_ADDRESS = "169.254.169.254"
ENGINE_RESOLVER = "127.0.0.11"
"""The engine's resolver inside each container; it asks the machine's."""
# The last is no name of AWS: the RPC provider that the estate's nodes use.
REGION_DOMAINS = ("amazonaws.com", "public.ecr.aws", "rpc-provider.test")
PROGRAMS = Path("/usr/local/lib/nodeops-lab")
INTERVAL = 0.5


def vpc_addresses(others: list[ipaddress.IPv4Network]) -> set[str]:
    """Return the gateway's addresses in VPC networks: all of its own but those in the lab's other networks."""
    output = subprocess.run(["ip", "-json", "-4", "address"], check=True, capture_output=True, text=True).stdout
    return {
        entry["local"]
        for interface in json.loads(output)
        if interface["ifname"] != "lo"
        for entry in interface["addr_info"]
        if not any(ipaddress.IPv4Address(entry["local"]) in network for network in others)
    }


def resolver_command(address: str) -> list[str]:
    """Return the command of the resolver of one VPC: the region's names lead back here, other names out."""
    command = [
        "dnsmasq",
        "--keep-in-foreground",
        "--conf-file=",
        "--user=root",
        "--log-facility=-",
        f"--pid-file=/run/dnsmasq-{address}.pid",
        f"--listen-address={address}",
        "--bind-interfaces",
        "--except-interface=lo",
        "--no-hosts",
        "--no-resolv",
        f"--server={ENGINE_RESOLVER}",
        "--hostsdir=/lab/names",
        # That of Aurora's endpoints, which move within seconds.
        "--local-ttl=5",
        "--no-negcache",
    ]
    for domain in REGION_DOMAINS:
        # "local" keeps questions of other types (AAAA) from being asked outside.
        command += [f"--address=/{domain}/{address}", f"--local=/{domain}/"]
    return command


def main() -> int:
    """Run everything until something of it ends; the engine then starts the container again."""
    others = [ipaddress.IPv4Network(os.environ[name]) for name in ("FABRIC_NETWORK", "PUBLIC_NETWORK")]
    subprocess.run(["ip", "address", "replace", f"{METADATA_ADDRESS}/32", "dev", "lo"], check=True)
    template = string.Template(Path("/etc/nginx/nginx.conf.template").read_text())
    # Only these: the other dollar signs are nginx's variables.
    values = {"API_ADDRESS": os.environ["API_ADDRESS"], "REGISTRY_TOKEN": secrets.token_hex(32)}
    Path("/run/nginx.conf").write_text(template.safe_substitute(values))
    programs = {
        "nginx": subprocess.Popen(["nginx", "-c", "/run/nginx.conf", "-g", "daemon off;"]),
        "metadata server": subprocess.Popen([sys.executable, str(PROGRAMS / "metadata_server.py")]),
    }
    resolvers: dict[str, subprocess.Popen[bytes]] = {}

    def stop(signal_number: int, _frame: object) -> None:
        for program in [*programs.values(), *resolvers.values()]:
            program.terminate()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        for name, program in programs.items():
            if program.poll() is not None:
                print(f"gateway: {name} ended with {program.returncode}", file=sys.stderr, flush=True)
                return 1
        present = vpc_addresses(others)
        for address in set(resolvers) - present:
            resolvers[address].terminate()
            resolvers.pop(address).wait()
        for address in present:
            if address not in resolvers or resolvers[address].poll() is not None:
                resolvers[address] = subprocess.Popen(resolver_command(address))
        time.sleep(INTERVAL)


if __name__ == "__main__":
    sys.exit(main())
