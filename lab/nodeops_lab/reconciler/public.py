# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public addresses: connections to them reach the instance that has the address now, as through an internet gateway.

The engine's port publishing would not do: an Elastic IP address can come to an instance that runs already.
"""

from __future__ import annotations

import asyncio
import logging
import threading

LOGGER = logging.getLogger(__name__)
PORTS = (22,)
CONNECT_SECONDS = 10.0
BLOCK = 64 * 1024


class PublicAddresses:
    """Forwards TCP connections from public addresses, in a thread of its own.

    The instance sees them come from its network's router; its security groups judge them as the operator's.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._servers: dict[tuple[str, str], list[asyncio.Server]] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="public-addresses", daemon=True)
        self._thread.start()

    def set(self, targets: dict[str, str]) -> None:
        """Forward exactly these: private address by public address.

        Raises:
            OSError: a public address cannot be listened on.
        """
        asyncio.run_coroutine_threadsafe(self._set(targets), self._loop).result(timeout=30)

    async def _set(self, targets: dict[str, str]) -> None:
        wanted = set(targets.items())
        for pair in set(self._servers) - wanted:
            for server in self._servers.pop(pair):
                server.close()
        for public, private in wanted - set(self._servers):
            self._servers[public, private] = [await self._listen(public, private, port) for port in PORTS]
            LOGGER.info("public address %s leads to %s", public, private)

    async def _listen(self, public: str, private: str, port: int) -> asyncio.Server:
        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    inner_reader, inner_writer = await asyncio.open_connection(private, port)
            except OSError:
                # Nobody listens, or the security groups let nothing in: the client sees its connection end.
                writer.transport.abort()
                return
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
            inner_writer.close()
            writer.close()

        return await asyncio.start_server(forward, public, port)

    def close(self) -> None:
        """Stop listening."""
        self.set({})
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until it ends; the end is passed on, so that half-closed connections work."""
    try:
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        # One side is gone: the other direction learns it from its own end.
        writer.transport.abort()
