# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose addresses for what AWS would address itself: pure functions over what is taken."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

RESERVED_AT_START = 4
"""AWS keeps a subnet's first four addresses and its last one (VPC guide, "Subnet CIDR blocks")."""


class NoFreeAddressError(Exception):
    """Every address of a block is taken."""


class AddressRing:
    """Hands out a block's addresses in turn, so that a released one is used again only after all the others.

    Hosts and SSH clients remember addresses; AWS, too, seldom gives an address back at once.
    """

    def __init__(self, cidr: str, skip_first: int) -> None:
        """Start a ring over ``cidr`` without its first ``skip_first`` addresses and its last one.

        Raises:
            ValueError: ``cidr`` is no IPv4 block with its host bits zero, or leaves no address.
        """
        self.network = ipaddress.IPv4Network(cidr)
        self._first = int(self.network.network_address) + skip_first
        self._size = self.network.num_addresses - skip_first - 1
        if self._size < 1:
            raise ValueError(f"{cidr} has no address to hand out")
        self._next = 0

    def _turns(self) -> Iterator[int]:
        for step in range(self._size):
            yield (self._next + step) % self._size

    def take(self, taken: Callable[[str], bool]) -> str:
        """Return the next address of which ``taken`` says no.

        Raises:
            NoFreeAddressError: there is none.
        """
        for offset in self._turns():
            address = str(ipaddress.IPv4Address(self._first + offset))
            if not taken(address):
                self._next = offset + 1
                return address
        raise NoFreeAddressError(f"all addresses of {self.network} are taken")
