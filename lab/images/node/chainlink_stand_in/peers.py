# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where other nodes connect: ports that are open while the node is active. What peers say to each other is left out."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading

from .errors import CommandError
from .logs import Logger


class _Connection(socketserver.BaseRequestHandler):
    """Reads until the peer goes away, and says nothing, as a node does before a peer has proved its key."""

    request: socket.socket

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while self.request.recv(4096):
                pass


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Peers:
    """The listeners of the P2P stack."""

    def __init__(self, addresses: tuple[str, ...], log: Logger) -> None:
        self._addresses = addresses
        self._log = log
        self._listeners: list[_Listener] = []

    def start(self) -> None:
        """Open the ports. Raises CommandError where one cannot be had."""
        for address in self._addresses:
            host, _, port = address.rpartition(":")
            try:
                listener = _Listener((host, int(port)), _Connection)
            except (OSError, ValueError, OverflowError) as error:
                raise CommandError(f"failed to start peer: listen tcp {address}: {error}") from error
            self._listeners.append(listener)
            threading.Thread(target=listener.serve_forever, args=(0.05,), name=f"P2P {address}", daemon=True).start()
            self._log.info(f"P2P is listening on {address}", address=address)

    def stop(self) -> None:
        """Close the ports."""
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
