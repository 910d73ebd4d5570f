# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make this gateway the internet gateway of the region: give it public addresses and translate them to private ones.

Standard input is a JSON object:
``network``: the block of the public addresses; ``own``: the gateway's own one of it;
``client``: the address as which whoever comes from outside appears in the region;
``targets``: private address by public address.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from typing import Any

TABLE = "public_addresses"


def ruleset(interface: str, client: str, targets: dict[str, str]) -> str:
    """Return the nftables script that translates the addresses both ways.

    Hosts of the region that use a public address appear under their own public one, or the gateway's if they have none.
    """
    lines = [
        f"table ip {TABLE} {{}}",
        f"delete table ip {TABLE}",
        f"table ip {TABLE} {{",
        "  chain through {",
        "    type filter hook forward priority filter; policy drop;",
        "    ct status dnat accept",
        "  }",
    ]
    if targets:
        inward = ", ".join(f"{public} : {private}" for public, private in sorted(targets.items()))
        outward = ", ".join(f"{private} : {public}" for public, private in sorted(targets.items()))
        lines += [
            "  chain inward {",
            "    type nat hook prerouting priority dstnat; policy accept;",
            f"    dnat to ip daddr map {{ {inward} }}",
            "  }",
            "  chain outward {",
            "    type nat hook postrouting priority srcnat; policy accept;",
            f'    ct status dnat iifname "{interface}" snat to {client}',
            f"    ct status dnat snat to ip saddr map {{ {outward} }}",
            "    ct status dnat masquerade",
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def interface_of(address: str, interfaces: list[dict[str, Any]]) -> tuple[str, set[str]]:
    """Return the interface that has an address, and all addresses of it, from `ip -json address`."""
    for interface in interfaces:
        addresses = {entry["local"] for entry in interface["addr_info"]}
        if address in addresses:
            return str(interface["ifname"]), addresses
    raise SystemExit(f"no interface has the address {address}")


def main() -> None:
    """Read what is wanted and make it so."""
    wanted = json.load(sys.stdin)
    output = subprocess.run(["ip", "-json", "-4", "address"], check=True, capture_output=True, text=True).stdout
    interface, present = interface_of(wanted["own"], json.loads(output))
    prefix = ipaddress.IPv4Network(wanted["network"]).prefixlen
    targets = wanted["targets"]
    commands = [f"address add {address}/{prefix} dev {interface}" for address in sorted(targets.keys() - present)]
    commands += [
        f"address delete {address}/{prefix} dev {interface}"
        for address in sorted(present - targets.keys() - {wanted["own"]})
    ]
    # The rules first: an address without a target must not lead to the gateway's own servers.
    rules = ruleset(interface, wanted["client"], targets)
    subprocess.run(["nft", "-f", "-"], input=rules, check=True, text=True)
    subprocess.run(["ip", "-batch", "-"], input="\n".join([*commands, ""]), check=True, text=True)


if __name__ == "__main__":
    main()
