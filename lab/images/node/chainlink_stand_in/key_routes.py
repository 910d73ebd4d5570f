# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the node answers under /v2/keys: list, create, export and import, by kind (core/web/*_keys_controller.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .key_kinds import ETH, Kind, by_path
from .keystore import KeyRingError
from .rpc import RpcError

if TYPE_CHECKING:
    from .users import User
    from .web import Request

PREFIX = "/v2/keys/"


def serve(request: Request, user: User, method: str, path: str) -> None:
    """Answer one request under the prefix."""
    # As gin does by default, a path is decoded before it is taken apart: %2F in an id makes two parts of it.
    name, *rest = unquote(path.removeprefix(PREFIX)).split("/")
    kind = by_path(name, request.app.version)
    if kind is not None and (method, rest) == ("GET", []):
        request.json(200, {"data": _resources(request, kind)})
    elif kind is None or method != "POST" or not kind.exported:
        request.error(404, "404 page not found")
    elif user.role != "admin":
        request.error(403, "Forbidden")
    elif rest == ["import"]:
        _import(request, kind)
    elif len(rest) == 2 and rest[0] == "export":
        _export(request, kind, rest[1])
    elif rest == (["evm"] if kind.path == "ocr2" else []):
        _create(request, kind)
    else:
        request.error(404, "404 page not found")


def _first(request: Request, name: str) -> str:
    return request.query.get(name, [""])[0]


def _create(request: Request, kind: Kind) -> None:
    if kind.path == "csa":
        request.error(400, "can only have 1 CSA key")
        return
    _keep(request, kind, kind.new(), 200)


def _import(request: Request, kind: Kind) -> None:
    try:
        key = request.app.keystore.read(kind, request.document(), _first(request, "oldpassword"))
    except KeyRingError as error:
        request.error(500, str(error))
        return
    # 1.x answers 201 for a sending key; later its status is overwritten (eth_keys_controller.go).
    created = kind is ETH and not request.app.behaviour.toml_only
    _keep(request, kind, key, 201 if created else 200)


def _keep(request: Request, kind: Kind, key: str, status: int) -> None:
    """Add a key to the ring and show it; a sending key needs a chain of the node's."""
    chain_id = None
    if kind is ETH:
        chains = [chain.chain_id for chain in request.app.settings.chains]
        chain_id = _first(request, "evmChainID") or chains[0]
        if chain_id not in chains:
            request.error(500, f"chain id does not match any local chains: {chain_id}")
            return
    try:
        identity = request.app.keystore.add(kind, key, chain_id)
    except KeyRingError as error:
        request.error(500, str(error))
        return
    resources = _resources(request, kind)
    shown = next(one for one in resources if identity in (one["id"], one["attributes"].get("address")))
    request.json(status, {"data": shown})


def _export(request: Request, kind: Kind, identity: str) -> None:
    try:
        request.json(200, request.app.keystore.export(kind, identity, _first(request, "newpassword")))
    except KeyRingError as error:
        request.error(500, str(error))


def _resources(request: Request, kind: Kind) -> list[dict[str, Any]]:
    if kind is ETH:
        return _sending_keys(request)
    return [
        {"type": kind.resource, "id": public["id"], "attributes": {k: v for k, v in public.items() if k != "id"}}
        for public in request.app.keystore.all(kind)
    ]


def _sending_keys(request: Request) -> list[dict[str, Any]]:
    """One resource for each chain of each key, with what it has there."""
    data = []
    for key in request.app.keystore.eth_keys():
        ether: str | None = None
        link: str | None = None
        pool = request.app.pools.by_chain.get(key["evmChainID"])
        # As officially, a balance that cannot be had is null and nothing else.
        if pool is not None:
            try:
                wei = pool.balance(key["address"])
                ether = f"{wei // 10**18}.{wei % 10**18:018d}"
                link = str(pool.link_balance(key["address"]))
            except RpcError as error:
                request.app.log.error("Failed to get balance", address=key["address"], err=str(error))
        attributes = {**key, "ethBalance": ether, "linkBalance": link, "maxGasPriceWei": None}
        # Later releases put the chain before the address (core/web/presenters/eth_key.go, NewPrefixedJAID); what export
        # takes is the address all the same.
        chain = f"{key['evmChainID']}/" if request.app.behaviour.chain_in_key_id else ""
        data.append({"type": ETH.resource, "id": chain + key["address"], "attributes": attributes})
    return data
