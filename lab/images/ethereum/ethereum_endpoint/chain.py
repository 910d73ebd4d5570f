# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fake chains answer. They have blocks without transactions, and accounts with balances; no state beyond."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from .control import WEI, Control

CLIENT_VERSION = "Geth/v1.14.0-nodeops-lab/linux-amd64/stand-in"
GAS_PRICE = 10**9
_BALANCE_OF = "0x70a08231"
_EMPTY_UNCLES = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
_EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
_FINALITY = 64
"""Blocks between the head and what counts as finalized."""


class MethodError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Clock:
    """The height of all chains: it follows the clock, so it never goes back when the container starts again."""

    def __init__(self, block_seconds: float) -> None:
        self._seconds = block_seconds
        self._since = time.time()
        self._number = int(self._since / max(block_seconds, 1.0))

    def height(self) -> int:
        """The number of the newest block."""
        return self._number + int((time.time() - self._since) / self._seconds)

    def wait(self) -> float:
        """Seconds until the next block."""
        return self._seconds - (time.time() - self._since) % self._seconds

    def set_pace(self, block_seconds: float) -> None:
        """Go on from the present height at another pace."""
        if block_seconds != self._seconds:
            self._number, self._since, self._seconds = self.height(), time.time(), block_seconds


def _hash(chain: str, number: int, kind: str = "block") -> str:
    return "0x" + hashlib.sha256(f"{chain}:{kind}:{number}".encode()).hexdigest()


def header(chain: str, number: int) -> dict[str, Any]:
    """A block's header as clients decode it."""
    return {
        "number": hex(number),
        "hash": _hash(chain, number),
        "parentHash": _hash(chain, number - 1),
        "nonce": "0x0000000000000000",
        "mixHash": _hash(chain, number, "mix"),
        "sha3Uncles": _EMPTY_UNCLES,
        "logsBloom": "0x" + "00" * 256,
        "transactionsRoot": _EMPTY_ROOT,
        "stateRoot": _hash(chain, number, "state"),
        "receiptsRoot": _EMPTY_ROOT,
        "miner": "0x" + "00" * 20,
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": "0x",
        "size": "0x220",
        "gasLimit": hex(30_000_000),
        "gasUsed": "0x0",
        "timestamp": hex(int(time.time())),
        "baseFeePerGas": hex(GAS_PRICE),
    }


class Answers:
    """The methods of one chain at one moment."""

    def __init__(self, chain: str, reported: int, height: int, control: Control) -> None:
        """``reported`` is the chain id that the endpoint tells, ``height`` the newest block."""
        self._chain = chain
        self._reported = reported
        self._height = height
        self._control = control

    def call(self, method: str, parameters: list[Any]) -> Any:
        """The result of a method. Raises MethodError."""
        known = METHODS.get(method)
        if known is None:
            raise MethodError(-32601, f"the method {method} does not exist/is not available")
        try:
            return known(self, *parameters)
        except (TypeError, ValueError, AttributeError, KeyError):
            raise MethodError(-32602, "invalid argument") from None

    def _chain_id(self) -> str:
        return hex(self._reported)

    def _version(self) -> str:
        return str(self._reported)

    def _listening(self) -> bool:
        return True

    def _client_version(self) -> str:
        return CLIENT_VERSION

    def _syncing(self) -> bool:
        return False

    def _block_number(self) -> str:
        return hex(self._height)

    def _number(self, tag: str) -> int:
        named = {
            "latest": self._height,
            "pending": self._height,
            "safe": max(0, self._height - _FINALITY // 2),
            "finalized": max(0, self._height - _FINALITY),
            "earliest": 0,
        }
        return named[tag] if tag in named else int(tag, 16)

    def _get_block_by_number(self, tag: str, _full: bool = False) -> dict[str, Any] | None:
        number = self._number(tag)
        if number > self._height:
            return None
        return {**header(self._chain, number), "transactions": [], "uncles": []}

    def _get_balance(self, address: str, _tag: str = "latest") -> str:
        return hex(self._control.balances.get(address.lower(), WEI))

    def _get_transaction_count(self, _address: str, _tag: str = "latest") -> str:
        return "0x0"

    def _get_transaction_receipt(self, _hash: str) -> None:
        return None

    def _get_code(self, _address: str, _tag: str = "latest") -> str:
        return "0x"

    def _get_logs(self, _filter: dict[str, Any]) -> list[Any]:
        return []

    def _gas_price(self) -> str:
        return hex(GAS_PRICE)

    def _max_priority_fee_per_gas(self) -> str:
        return hex(GAS_PRICE)

    def _estimate_gas(self, _call: dict[str, Any], _tag: str = "latest") -> str:
        return hex(21_000)

    def _call(self, call: dict[str, Any], _tag: str = "latest", _overrides: Any = None) -> str:
        """Only an ERC-20 token's balanceOf; every contract address is LINK."""
        data = str(call.get("input") or call.get("data") or "0x")
        if not data.startswith(_BALANCE_OF) or len(data) != len(_BALANCE_OF) + 64:
            return "0x"
        return f"0x{self._control.link_balances.get('0x' + data[-40:].lower(), 0):064x}"

    def _send_raw_transaction(self, _transaction: str) -> str:
        raise MethodError(-32000, "insufficient funds for gas * price + value")


METHODS: dict[str, Callable[..., Any]] = {
    "eth_chainId": Answers._chain_id,
    "net_version": Answers._version,
    "net_listening": Answers._listening,
    "web3_clientVersion": Answers._client_version,
    "eth_syncing": Answers._syncing,
    "eth_blockNumber": Answers._block_number,
    "eth_getBlockByNumber": Answers._get_block_by_number,
    "eth_getBalance": Answers._get_balance,
    "eth_getTransactionCount": Answers._get_transaction_count,
    "eth_getTransactionReceipt": Answers._get_transaction_receipt,
    "eth_getCode": Answers._get_code,
    "eth_getLogs": Answers._get_logs,
    "eth_gasPrice": Answers._gas_price,
    "eth_maxPriorityFeePerGas": Answers._max_priority_fee_per_gas,
    "eth_estimateGas": Answers._estimate_gas,
    "eth_call": Answers._call,
    "eth_sendRawTransaction": Answers._send_raw_transaction,
}
