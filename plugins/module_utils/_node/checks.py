# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the node demands of single values: URLs, passwords, addresses.

Every check returns what is wrong as a list of messages (empty: nothing) and never repeats the value, since most of
these values are secret. The rules are the node's own: core/utils/password.go, core/sessions/user.go and
core/web/... at 1.12 to 2.29 (facts: 16 bytes at least, no blank at either end, 50 bytes at most for the API).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from . import address

PASSWORD_MINIMUM_BYTES = 16
API_PASSWORD_MAXIMUM_BYTES = 50

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# net/mail.ParseAddress takes more than this (display names, quoted parts); nobody signs in with those.
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+")
_LINK_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CHAIN_ID = re.compile(r"[1-9][0-9]{0,77}")


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _has_control(value: str) -> bool:
    # Zl and Zp end a line for some readers, so they count with the control characters.
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value)


def password(value: object, *, maximum_bytes: int | None = None, disallowed: Iterable[str] = ()) -> list[str]:
    """What the node would refuse in a password."""
    if not isinstance(value, str) or not value:
        return ["is empty"]
    if not _is_text(value):
        return ["is not valid Unicode text"]
    found = []
    length = len(value.encode("utf-8"))
    if length < PASSWORD_MINIMUM_BYTES:
        found.append(f"is shorter than {PASSWORD_MINIMUM_BYTES} bytes; choose a longer one")
    if maximum_bytes is not None and length > maximum_bytes:
        found.append(f"is longer than {maximum_bytes} bytes; choose a shorter one")
    if value != value.strip():
        found.append("begins or ends with a blank; remove it")
    if _has_control(value.strip()):
        found.append("contains a line break or another control character; remove it")
    if any(word and word.lower() in value.lower() for word in disallowed):
        found.append("contains the e-mail address, which the node refuses; choose another")
    return found


def rpc_url(value: object, schemes: tuple[str, ...]) -> list[str]:
    """What is wrong with the URL of an RPC endpoint of one of the schemes."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not isinstance(value, str) or not value:
        return [f"is empty; write a URL that begins with {wanted}"]
    if not _is_text(value):
        return ["is not valid Unicode text"]
    if _has_control(value) or any(character.isspace() for character in value):
        return ["contains a blank or a control character; remove it"]
    scheme = value.partition("://")[0].lower() if "://" in value else ""
    if scheme not in schemes:
        return [f"has no scheme, or one that does not fit here; it must begin with {wanted}"]
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return ["is not a URL: its host or port cannot be read"]
    if not host:
        return ["names no host"]
    # Go's url.Parse, which the node uses, refuses a stray % everywhere but in the query.
    if _BAD_ESCAPE.search(parts.netloc + parts.path + parts.fragment):
        return ["contains a % that is not followed by two hexadecimal digits; write %25 for the sign itself"]
    return []


def web_url(value: object) -> list[str]:
    """What is wrong with the address under which people reach the node's user interface."""
    found = rpc_url(value, ("https", "http"))
    if not found:
        parts = urlsplit(str(value))
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
            found.append("must be scheme, host and optionally port alone, for example https://node.example.com")
    return found


def email(value: object) -> list[str]:
    """What is wrong with the e-mail address of the API user."""
    if not isinstance(value, str) or not value:
        return ["is empty; write the e-mail address of the node's first user"]
    if not _is_text(value) or _has_control(value) or not _EMAIL.fullmatch(value):
        return ["is not an e-mail address such as operator@your.domain"]
    return []


def chain_id(value: object) -> list[str]:
    """What is wrong with a chain id, which is a string of decimal digits."""
    if isinstance(value, str) and _CHAIN_ID.fullmatch(value):
        return []
    return ["is not a chain id; write a decimal number such as 11155111"]


def link_contract_address(value: object) -> list[str]:
    """What is wrong with the address of a LINK token contract."""
    if not isinstance(value, str) or not _LINK_ADDRESS.fullmatch(value):
        return ["is not a contract address; write 0x and 40 hexadecimal digits"]
    if address.is_mistyped(value):
        return [f"is {value}, whose letters are its checksum (EIP-55), and the checksum is wrong; copy it once more"]
    return []
