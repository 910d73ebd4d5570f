# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fake Ethereum endpoint, as an operator's provider of RPC: where it is, and how it is made to fail.

The container (images/ethereum) follows a file in the lab's state directory; only the machine reaches that. Nothing
here is known to the roles: an estate is told URLs by its inventory, as it is told a provider's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from .errors import LabError
from .files import write_atomically
from .settings import LabSettings

HOST = "ethereum.rpc-provider.test"
"""The endpoint's public name; each VPC's resolver leads it to the gateway, which ends TLS (example: RFC 2606)."""
DIRECTORY = "ethereum"
"""In the state directory: control.json from here, status.json from the container."""
CONTAINER = "ethereum"
ALL_CHAINS = "*"
WEI = 10**18
APPLY_SECONDS = 20.0

Mode = Literal["http_500", "http_429", "refuse", "hang", "no_heads", "wrong_chain_id"]
"""What can be wrong:

- http_500, http_429: requests and handshakes get that status, open WebSockets are closed.
- refuse: the provider's port is closed; its front, the gateway, answers 502 as a provider's load balancer does.
- hang: nothing is answered any more, connections stay open.
- no_heads: everything is answered, but the chain stands still and subscriptions are silent.
- wrong_chain_id: eth_chainId and net_version tell another chain; open WebSockets are closed.
"""
Transport = Literal["both", "http", "ws"]


def endpoint_urls(chain_id: int | str, access_key: str) -> tuple[str, str]:
    """Return (WebSocket, HTTP) URL of a chain; the access key is any 16 or more letters, digits, - or _."""
    path = f"{HOST}/{chain_id}/{access_key}"
    return f"wss://{path}", f"https://{path}"


def prepare(settings: LabSettings) -> Path:
    """Make the endpoint's directory with everything well, before its container starts, and return it."""
    directory = settings.state_directory / DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / "control.json", json.dumps({"generation": 0}))
    return directory


def fail(
    settings: LabSettings,
    mode: Mode,
    *,
    chain_id: int | str = ALL_CHAINS,
    transport: Transport = "both",
    reported_chain_id: int = 1,
) -> None:
    """Make the endpoint fail until `heal`; returns when it does.

    Args:
        settings: the lab.
        mode: what is wrong.
        chain_id: of which chain only; `refuse` concerns the port, so all chains.
        transport: of which transport only; `refuse` concerns both.
        reported_chain_id: what `wrong_chain_id` tells.

    Raises:
        LabError: the combination makes no sense, or the endpoint did not follow.
    """
    if mode == "refuse" and (chain_id != ALL_CHAINS or transport != "both"):
        raise LabError("refuse closes the endpoint's port: it concerns every chain and both transports.")
    fault = {"mode": mode, "transport": transport, "chain_id": reported_chain_id}
    _change(settings, lambda control: control.setdefault("faults", {}).update({str(chain_id): fault}))


def heal(settings: LabSettings) -> None:
    """End every fault; balances and pace stay. Raises LabError."""
    _change(settings, lambda control: control.update(faults={}))


def set_balance(settings: LabSettings, address: str, *, wei: int | None = None, juels: int | None = None) -> None:
    """Set an account's ether or LINK on all chains; without it has one ether and no LINK. Raises LabError."""

    def change(control: dict[str, Any]) -> None:
        for key, value in (("balances", wei), ("link_balances", juels)):
            if value is not None:
                control.setdefault(key, {})[address.lower()] = value

    _change(settings, change)


def set_block_seconds(settings: LabSettings, seconds: float) -> None:
    """Set the time from head to head, two seconds at first. Raises LabError."""
    if not 0.05 <= seconds <= 3600:
        raise LabError(f"A block every {seconds:g} s is not between 0.05 and 3600.")
    _change(settings, lambda control: control.update(block_seconds=seconds))


def faults(settings: LabSettings) -> dict[str, dict[str, Any]]:
    """Return what is wrong, by chain id or `*`; empty while all is well."""
    found: dict[str, dict[str, Any]] = _control(settings).get("faults", {})
    return found


def status(settings: LabSettings) -> dict[str, Any]:
    """Return what the endpoint tells: generation, height, subscriptions and requests by chain.

    Raises:
        LabError: it tells nothing.
    """
    path = settings.state_directory / DIRECTORY / "status.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise LabError(f"The Ethereum endpoint of the lab {settings.name} has not started.") from None
    return told


def _control(settings: LabSettings) -> dict[str, Any]:
    path = settings.state_directory / DIRECTORY / "control.json"
    try:
        control: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise LabError(f"The lab {settings.name} has no Ethereum endpoint: `lab up` makes it.") from None
    return control


def _change(settings: LabSettings, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the control file and wait until the endpoint says that it follows."""
    control = _control(settings)
    change(control)
    control["generation"] = int(control.get("generation", 0)) + 1
    write_atomically(settings.state_directory / DIRECTORY / "control.json", json.dumps(control, indent=1))
    deadline = time.monotonic() + APPLY_SECONDS
    while status(settings)["generation"] != control["generation"]:
        if time.monotonic() > deadline:
            raise LabError(f"The Ethereum endpoint did not follow within {APPLY_SECONDS:.0f} s.")
        time.sleep(0.1)
