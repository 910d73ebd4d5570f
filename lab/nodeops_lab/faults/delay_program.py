# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay what leaves a container's network, in a program: many kernels come without the netem queue.

The lab runs this text inside a container. nftables' egress hook hands each matching frame, whole and after all address
translation, to a pair of virtual interfaces; this program reads it at the other end and sends it on when it is due.
Frames keep their offload header, so that segments which the kernel has not cut yet travel as they are.

Arguments: milliseconds; what nftables matches the frames by. Returns once it works, and goes on in the background until
its interfaces are removed.
"""

from __future__ import annotations

import collections
import os
import select
import socket
import subprocess
import sys
import time

TABLE = "lab_slow"
DEVICE, ENTRY, EXIT = "eth0", "labslow0", "labslow1"
MARK = 0x6C616221
"""On frames that have been delayed."""
# Of <linux/if_packet.h> and <asm/socket.h>; Python's module has no names for them.
SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING, ETH_P_ALL, SO_MARK = 263, 15, 4, 3, 36
LARGEST = 70000


def packet_socket() -> socket.socket:
    """Return a socket for whole frames with their offload header."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    return made


def main() -> None:
    """Set everything up, then delay."""
    seconds, match = int(sys.argv[1]) / 1000, sys.argv[2]
    subprocess.run(["ip", "link", "add", ENTRY, "type", "veth", "peer", "name", EXIT], check=True)
    for name in (ENTRY, EXIT):
        subprocess.run(["ip", "link", "set", name, "mtu", "65535", "up"], check=True)
    source, sink = packet_socket(), packet_socket()
    source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    source.bind((EXIT, ETH_P_ALL))
    sink.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
    sink.bind((DEVICE, 0))
    rules = f"""
table netdev {TABLE} {{
  chain out {{
    type filter hook egress device "{DEVICE}" priority 0; policy accept;
    meta mark {MARK:#x} accept
    {match} fwd to "{ENTRY}"
  }}
}}
"""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    if os.fork():
        return
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    delay(source, sink, seconds)


def delay(source: socket.socket, sink: socket.socket, seconds: float) -> None:
    """Send on what comes, until the interfaces are gone."""
    waiting: collections.deque[tuple[float, bytes]] = collections.deque()
    try:
        while True:
            patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            if select.select([source], [], [], patience)[0]:
                frame, address = source.recvfrom(LARGEST)
                if address[2] != PACKET_OUTGOING:
                    waiting.append((time.monotonic() + seconds, frame))
            while waiting and waiting[0][0] <= time.monotonic():
                sink.send(waiting.popleft()[1])
    except OSError:
        # The interfaces are gone: healed.
        sys.exit(0)


if __name__ == "__main__":
    main()
