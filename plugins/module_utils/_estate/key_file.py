# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at the operator's SSH key files on the controller. Of a private key it reads nothing that is secret."""

from __future__ import annotations

import base64
import binascii
import io
import os
import stat
from dataclasses import dataclass

_READ_BYTES = 8192
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
#: What such a file begins with (OpenSSH, PROTOCOL.key); the names of cipher and key derivation and its options follow,
#: then the number of keys and the public key. What is secret stands after that.
_MAGIC = b"openssh-key-v1\0"
_LONGEST_FIELD = 4096


@dataclass(frozen=True)
class KeyFile:
    """What can be seen of a file; error is empty where it could be read."""

    first_line: str = ""
    mode: int = 0
    error: str = ""
    #: The public key in base64, as a .pub file has it; empty where the file does not show it.
    public: str = ""


def look(path: str) -> KeyFile:
    """The first line, the mode and the public key of a file, or why there are none."""
    try:
        with open(os.path.expanduser(path), "rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            line = stream.readline(_READ_BYTES)
            public = _public_half(_Decoded(stream)) if line.strip() == _OPENSSH else _second_word(line)
    except OSError as error:
        return KeyFile(error=error.strerror or type(error).__name__)
    return KeyFile(line.decode("utf-8", errors="replace").strip(), mode, public=public)


class _Decoded:
    """Reads base64 line by line, and no line further than it is asked."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._text = self._bytes = b""

    def take(self, count: int) -> bytes:
        """The next bytes; raises ValueError where there are not as many."""
        while len(self._bytes) < count:
            line = self._stream.readline(_READ_BYTES)
            if not line or line.startswith(b"-"):
                raise ValueError("it ends early")
            # Four letters are three bytes, and lines are as long as they like.
            self._text += line.strip()
            whole = len(self._text) // 4 * 4
            self._bytes += binascii.a2b_base64(self._text[:whole])
            self._text = self._text[whole:]
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken

    def field(self) -> bytes:
        """The next string of the SSH protocol: its length in four bytes, and itself (RFC 4251, 5)."""
        length = int.from_bytes(self.take(4), "big")
        if length > _LONGEST_FIELD:
            raise ValueError("it is too long")
        return self.take(length)


def _public_half(decoded: _Decoded) -> str:
    try:
        if decoded.take(len(_MAGIC)) != _MAGIC:
            return ""
        for _name in ("cipher", "key derivation", "options of that"):
            decoded.field()
        if int.from_bytes(decoded.take(4), "big") != 1:
            return ""
        return base64.b64encode(decoded.field()).decode("ascii")
    except ValueError:  # binascii's is one; ssh will say what is wrong with the file
        return ""


def _second_word(line: bytes) -> str:
    words = line.decode("utf-8", errors="replace").split()
    return words[1] if len(words) > 1 and words[0].startswith("ssh-") else ""
