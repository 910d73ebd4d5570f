# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RPC nodes of a chain: who is alive, and the heads that they bring.

The states and their transitions are those of the official pool (chainlink-framework, multinode/node_lifecycle.go),
the listener those of headtracker/head_listener.go: an endpoint that fails never ends the process. The last live node
of a pool is not given up for silence or failed polls, only for a broken connection.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from . import rpc
from .logs import Logger
from .rpc import QUERY_SECONDS, RpcError, SocketClient
from .settings import Chain, Endpoint
from .versions import Behaviour

UNDIALED, ALIVE, OUT_OF_SYNC = "Undialed", "Alive", "OutOfSync"
UNREACHABLE, INVALID_CHAIN_ID, UNUSABLE = "Unreachable", "InvalidChainID", "Unusable"
STATES = (ALIVE, INVALID_CHAIN_ID, OUT_OF_SYNC, UNDIALED, UNREACHABLE, UNUSABLE)
REPORT_SECONDS = 6.5
DEATH_SECONDS = 60.0
"""How long a whole pool is dead before the log says so (DeathDeclarationDelay)."""
_DEGRADED = (
    "but cannot disable this connection because there are no other RPC endpoints, or all other RPC endpoints are "
    "dead. Chainlink is now operating in a degraded state and urgent action is required to resolve the issue"
)


class Backoff:
    """Pauses of 1 to 15 seconds with jitter; CHAINLINK_STAND_IN_REDIAL_SECONDS in place of the 1 is for tests."""

    def __init__(self) -> None:
        self._least = float(os.environ.get("CHAINLINK_STAND_IN_REDIAL_SECONDS", "1"))
        self._attempt = 0

    def next(self) -> float:
        longest = min(self._least * 2**self._attempt, 15 * self._least)
        self._attempt += 1
        return random.uniform(self._least, longest)


class RpcNode:
    """One primary RPC node; a thread takes it through its states."""

    def __init__(self, endpoint: Endpoint, pool: ChainPool, log: Logger) -> None:
        self.endpoint = endpoint
        self.state = UNDIALED
        self.head = -1
        self.counts: Counter[str] = Counter()
        self.transitions: Counter[str] = Counter()
        self._pool = pool
        self._chain = pool.chain
        # Officially, too: every line of a node's life has its URLs (Redacted in 1.x, String since: multinode/node.go).
        plain = pool.behaviour.chain_agnostic_pool
        urls = [url if plain else rpc.redacted(url) for url in (endpoint.ws_url, endpoint.http_url) if url]
        self._shown = ":".join([f"(primary){endpoint.name}", *urls])
        self._log = log.named("Node", nodeName=endpoint.name, node=self._shown)
        self._socket: SocketClient | None = None
        self._thread = threading.Thread(target=self._run, name=f"rpc {endpoint.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        socket = self._socket
        if socket is not None:
            socket.close()
        self._thread.join(1.0)  # a dial that hangs ends with the process

    def _set(self, state: str) -> None:
        if state != self.state:
            self.transitions[state] += 1
        self.state = state
        self._pool.wake()

    def _run(self) -> None:
        backoff, offline_since = Backoff(), time.monotonic()
        first = True
        while not self._pool.stopping.is_set():
            if not first and self._pool.stopping.wait(backoff.next()):
                return
            state, problem = self._dial()
            if self._pool.stopping.is_set():
                return
            if state == ALIVE:
                if not first:
                    seconds = time.monotonic() - offline_since
                    redialled = f"Successfully redialled and verified RPC node {self._shown}"
                    self._log.info(f"{redialled}. Node was offline for {seconds:.1f}s")
                state, problem = self._alive()
                backoff, offline_since = Backoff(), time.monotonic()
            elif first:
                kind = "Node" if self._pool.behaviour.chain_agnostic_pool else "EVM Node"
                became = "unreachable" if state == UNREACHABLE else state
                self._log.error(f"Dial failed: {kind} is {became}", err=problem)
            else:
                self._log.error(f"Failed to redial RPC node; still {state.lower()}: {problem}", err=problem)
            first = False
            if self._socket is not None:
                self._socket.close()
                self._socket = None
            self._set(state)

    def _dial(self) -> tuple[str, str]:
        """Connect and compare chain ids: (state, problem)."""
        try:
            if self.endpoint.ws_url:
                self._socket = SocketClient(self.endpoint.ws_url)
            answers = {self._socket.call("eth_chainId", [])} if self._socket else set()
            if self.endpoint.http_url:
                answers.add(rpc.call(self.endpoint.http_url, "eth_chainId", []))
            wrong = [answer for answer in answers if int(answer, 16) != int(self._chain.chain_id)]
        except (RpcError, ValueError, TypeError) as error:
            return UNREACHABLE, str(error)
        if wrong:
            return INVALID_CHAIN_ID, (
                f"rpc ChainID doesn't match local chain ID: RPC ID={int(wrong[0], 16)}, "
                f"local ID={self._chain.chain_id}, node name={self.endpoint.name}"
            )
        return ALIVE, ""

    def _alive(self) -> tuple[str, str]:
        """Follow heads until the node is given up: (its next state, why)."""
        try:
            if self._socket is not None and not self._chain.new_heads_poll_interval:
                self._socket.call("eth_subscribe", ["newHeads"])
        except RpcError as error:
            if not self._pool.stopping.is_set():
                self._log.error("Initial subscribe for heads failed", err=str(error))
            return UNREACHABLE, str(error)
        now = time.monotonic()
        stuck = self.head if self.state == OUT_OF_SYNC else None
        forced = now + min(self._chain.no_new_heads_threshold, QUERY_SECONDS)
        if stuck is None:
            self._set(ALIVE)
        silence, threshold = now, self._chain.no_new_heads_threshold
        patience = threshold
        next_poll, failures = now + self._chain.poll_interval, 0
        while not self._pool.stopping.is_set():
            try:
                head = self._next_head()
            except RpcError as error:
                if self._pool.stopping.is_set():
                    break
                self._log.error("Subscription was terminated", err=str(error))
                return UNREACHABLE, str(error)
            now = time.monotonic()
            if head is not None:
                self.counts["seen_blocks"] += 1
                if head > self.head:
                    self.head, silence, patience = head, now, threshold
                self._pool.on_head(self, head)
            if stuck is not None:
                # Out of sync until a newer head comes, or until there is no other node left.
                if self.head <= stuck and (self._pool.live() or now < forced):
                    silence = now
                    continue
                stuck = None
                self._set(ALIVE)
            if threshold and now - silence > patience:
                text = f"RPC endpoint detected out of sync; no new heads received for {threshold:g}s"
                self._log.error(f"{text} (last head received was {self.head})")
                if self._pool.live() > 1:
                    return OUT_OF_SYNC, text
                self._log.critical(f"RPC endpoint detected out of sync; {_DEGRADED}")
                silence, patience = now, min(threshold, QUERY_SECONDS)
            if self._chain.poll_interval and now >= next_poll:
                failures = 0 if self._poll() else failures + 1
                next_poll = time.monotonic() + self._chain.poll_interval
                if 0 < self._chain.poll_failure_threshold <= failures:
                    text = f"RPC endpoint failed to respond to {failures} consecutive polls"
                    self._log.error(text)
                    if self._pool.live() > 1:
                        return UNREACHABLE, text
                    self._log.critical(f"RPC endpoint failed to respond to polls; {_DEGRADED}")
        return UNUSABLE, "stopped"

    def _next_head(self) -> int | None:
        """The number of the next head, or None after at most a second."""
        interval = self._chain.new_heads_poll_interval
        if self._socket is not None and not interval:
            return self._socket.head(1.0)
        if self._pool.stopping.wait(interval or 1.0):
            return None
        try:
            return int(rpc.call(self.endpoint.http_url, "eth_blockNumber", []), 16)
        except (RpcError, ValueError, TypeError) as error:
            self._log.warn("Failed to poll for a new head", err=str(error))
            return None

    def _poll(self) -> bool:
        self.counts["polls_total"] += 1
        timeout = self._chain.poll_interval
        try:
            if self.endpoint.http_url:
                rpc.call(self.endpoint.http_url, "web3_clientVersion", [], timeout)
            elif self._socket is not None:
                self._socket.call("web3_clientVersion", [], timeout)
        except RpcError as error:
            self.counts["polls_failed"] += 1
            self._log.warn(f"Poll failure, RPC endpoint {self._shown} failed to respond properly", err=str(error))
            return False
        self.counts["polls_success"] += 1
        return True


class ChainPool:
    """A chain's nodes, its head listener and its balances. Send-only nodes are for transactions: never dialled."""

    def __init__(self, chain: Chain, addresses: Iterable[str], behaviour: Behaviour, log: Logger) -> None:
        self.chain = chain
        self.behaviour = behaviour
        self.stopping = threading.Event()
        self.nodes = [
            RpcNode(endpoint, self, log.named(f"EVM.{chain.chain_id}"))
            for endpoint in chain.nodes
            if not endpoint.send_only
        ]
        self.connected = self.receiving = False
        self.current_head = 0
        self.counts: Counter[str] = Counter()
        self.balances: dict[str, int] = {}
        self._addresses = tuple(addresses)
        self._log = log.named(f"EVM.{chain.chain_id}")
        self._changed = threading.Condition()
        self._active: RpcNode | None = None
        self._last_head = 0.0
        self._threads = [
            threading.Thread(target=self._listen, name="heads", daemon=True),
            threading.Thread(target=self._monitor, name="rpc report", daemon=True),
        ]

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.wake()
        for node in self.nodes:
            node.stop()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def live(self) -> int:
        """How many nodes are alive."""
        return sum(node.state == ALIVE for node in self.nodes)

    def on_head(self, node: RpcNode, number: int) -> None:
        """Take a head from a node; only those of the active one count."""
        with self._changed:
            if node is self._active:
                self.counts["heads_received"] += 1
                self.current_head = max(self.current_head, number)
                self.receiving, self._last_head = True, time.monotonic()
                self._changed.notify_all()

    def problem(self) -> str:
        """What the head listener's health check says; empty while it is well."""
        if not self.connected:
            return "Listener is not connected"
        return "" if self.receiving else "Listener is not receiving heads"

    def call(self, method: str, parameters: list[Any], timeout: float = QUERY_SECONDS) -> Any:
        """One call to a live node over HTTP. Raises RpcError."""
        node = self._select()
        if node is None or not node.endpoint.http_url:
            raise RpcError("no live nodes available")
        return rpc.call(node.endpoint.http_url, method, parameters, timeout)

    def balance(self, address: str) -> int:
        """The balance of an account in wei. Raises RpcError."""
        return _whole(self.call("eth_getBalance", [address, "latest"]))

    def link_balance(self, address: str) -> int:
        """The LINK of an account in juels; 0 where the chain's token is not known. Raises RpcError."""
        if not self.chain.link_contract:
            return 0
        data = "0x70a08231" + address.removeprefix("0x").lower().rjust(64, "0")
        return _whole(self.call("eth_call", [{"to": self.chain.link_contract, "data": data}, "latest"]))

    def _select(self) -> RpcNode | None:
        live = [node for node in self.nodes if node.state == ALIVE]
        return max(live, key=lambda node: node.head) if live else None

    def _listen(self) -> None:
        """Subscribe to the best live node, and again when it is lost."""
        backoff = Backoff()
        while not self.stopping.wait(backoff.next()):
            node = self._select()
            if node is None and any(node.state == UNDIALED for node in self.nodes):
                with self._changed:
                    self._changed.wait(QUERY_SECONDS)  # the first dial still goes on
                node = self._select()
            if self.stopping.is_set():
                return
            if node is None:
                self.counts["connection_errors"] += 1
                self._log.critical("No live RPC nodes available")
                self._log.named("HeadListener").warn(
                    "Failed to subscribe to heads on chain",
                    chainID=self.chain.chain_id,
                    err="no live nodes available",
                )
                continue
            self._follow(node)
            backoff = Backoff()

    def _follow(self, node: RpcNode) -> None:
        threshold = self.chain.no_new_heads_threshold
        with self._changed:
            self._active, self.connected, self._last_head = node, True, time.monotonic()
            while node.state == ALIVE and not self.stopping.is_set():
                left = self._last_head + threshold - time.monotonic() if threshold else None
                if left is not None and left <= 0:
                    self._log.named("HeadListener").warn(f"have not received a head for {threshold:g}s")
                    self.receiving, self._last_head = False, time.monotonic()
                    continue
                self._changed.wait(left)
            self._active, self.connected = None, False
        if not self.stopping.is_set():
            self._log.named("HeadListener").error("Error in new head subscription, unsubscribed")

    def _monitor(self) -> None:
        """Ask for the balances, and say it where the whole pool has been dead for a while."""
        alive_at = time.monotonic()
        pause = 0.0
        while not self.stopping.wait(pause):
            pause = REPORT_SECONDS if self.balances or not self._addresses else 1.0
            if self.live():
                alive_at = time.monotonic()
                self._read_balances()
            elif self.nodes and time.monotonic() - alive_at > DEATH_SECONDS:
                total = len(self.nodes)
                self._log.critical(f"no primary nodes available: 0/{total} nodes are alive")

    def _read_balances(self) -> None:
        for address in self._addresses:
            try:
                self.balances[address] = self.balance(address)
            except RpcError as error:
                self._log.named("BalanceMonitor").error(
                    f"BalanceMonitor: error getting balance for key {address}", err=str(error)
                )


def _whole(value: Any) -> int:
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        raise RpcError("the answer is no number") from None


class Pools:
    """The pools of all chains."""

    def __init__(
        self, chains: Iterable[Chain], addresses: Callable[[str], Iterable[str]], behaviour: Behaviour, log: Logger
    ) -> None:
        self.by_chain = {
            chain.chain_id: ChainPool(chain, addresses(chain.chain_id), behaviour, log) for chain in chains
        }

    def start(self) -> None:
        for pool in self.by_chain.values():
            pool.start()

    def stop(self) -> None:
        for pool in self.by_chain.values():
            pool.stop()

    def problems(self) -> dict[str, str]:
        """Chain id to what its head listener's check says."""
        return {chain_id: pool.problem() for chain_id, pool in self.by_chain.items() if pool.problem()}
