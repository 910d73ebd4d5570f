# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads SSH host keys from the console output of an instance, as cloud-init prints them there."""

from __future__ import annotations

import re

_BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
_END = "-----END SSH HOST KEY KEYS-----"
_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) (AAAA[A-Za-z0-9+/]+={0,3})")


def host_keys(console: str) -> list[str]:
    """The public host keys ("type base64") of the last complete block in a console's output, sorted.

    Empty where no complete block has been printed yet. The last block counts: an instance whose keys are made anew
    prints them again. Whatever stands before a key on its line (a time stamp, a prefix of systemd) is passed over.
    """
    before, end, _rest = console.rpartition(_END)
    if not end:
        return []
    _earlier, begin, block = before.rpartition(_BEGIN)
    if not begin:
        return []
    return sorted({f"{match.group(1)} {match.group(2)}" for match in _KEY.finditer(block)})
