# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The throw-away node that an export is imported into: what it is called, and what it is configured with.

It has the release, the image and the chains of the estate's node, and nothing else of it: its own database, its own
passwords, no jobs, no P2P. It must never send a transaction with the keys that it takes in. Without jobs it has none to
send; and it has no way to any chain either: its RPC endpoints are a port of its own container where nobody listens. A
node starts without them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace

from .._node.settings import Chain, NodeSettings, RpcEndpoint

#: Database and database user have this name, and a random part.
NAME = "nodeops_escrow_{}"
_NAME = re.compile(r"nodeops_escrow_[0-9a-f]{16}")
#: The same as a pattern of SQL's LIKE.
NAME_LIKE = r"nodeops\_escrow\_%"

EMAIL = "escrow@nodeops.invalid"
#: The node wants 16 characters at least and 50 at most; these are 43 of the letters that no file, URL or shell minds.
_PASSWORD_BYTES = 32
_NOBODY = "127.0.0.1:9"


@dataclass(frozen=True)
class Throwaway:
    """The names and secrets of one throw-away node, made for it and worth nothing after it."""

    name: str
    database_password: str = field(repr=False)
    keystore_password: str = field(repr=False)
    api_password: str = field(repr=False)


def invent() -> Throwaway:
    """A throw-away node that nobody has had before."""
    return Throwaway(NAME.format(secrets.token_hex(8)), *(password() for _ in range(3)))


def password() -> str:
    """A random password that the node accepts for anything."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def is_name(name: str) -> bool:
    """Whether a database or a database user is one of ours."""
    return _NAME.fullmatch(name) is not None


def settings_of(settings: NodeSettings, throwaway: Throwaway) -> NodeSettings:
    """The settings of the throw-away node for an estate's own."""
    database = replace(
        settings.database,
        name=throwaway.name,
        username=throwaway.name,
        password=throwaway.database_password,
    )
    return replace(
        settings,
        chains=tuple(_without_endpoints(chain) for chain in settings.chains),
        database=database,
        keystore_password=throwaway.keystore_password,
        api_email=EMAIL,
        api_password=throwaway.api_password,
        ui_url=None,
        extra={},
        p2p=None,
    )


def _without_endpoints(chain: Chain) -> Chain:
    where = f"{_NOBODY}/{chain.chain_id}"
    endpoint = RpcEndpoint(f"nobody-{chain.chain_id}", f"ws://{where}", f"http://{where}", False)
    return replace(chain, rpc=(endpoint,))
