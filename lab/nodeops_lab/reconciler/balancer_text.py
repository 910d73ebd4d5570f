# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator wrote, as words of HAProxy's configuration: quoting, wildcards and placeholders."""

from __future__ import annotations

import re

from ..errors import LabError

_PLAIN = re.compile(r"[A-Za-z0-9/_-]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&*+.^_|~-]+")
PLACEHOLDER = re.compile(r"#\{(protocol|host|port|path|query)\}")
VARIABLES = {
    "protocol": "%[var(txn.protocol)]",
    "host": "%[var(txn.host)]",
    "port": "%[dst_port]",
    "path": "%[var(txn.path)]",
    "query": "%[var(txn.query)]",
}


def quoted(word: str) -> str:
    """Return one word of the configuration that means exactly this text.

    Raises:
        LabError: it holds a line break or another control character, which no word can hold.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in word):
        raise LabError("A text of a listener's rule holds a control character.")
    # Nothing but the quote itself means anything inside strong quotes.
    return "'" + word.replace("'", "'\\''") + "'"


def escaped(text: str) -> str:
    """Return a regular expression that matches this text, of characters that mean nothing to the configuration."""
    return "".join(chr(byte) if _PLAIN.fullmatch(chr(byte)) else f"\\x{byte:02x}" for byte in text.encode("utf-8"))


def wildcards(pattern: str, many: str = ".*", one: str = ".") -> str:
    """Return the regular expression of a pattern in which * is any characters and ? is exactly one.

    A backslash takes the meaning from the character after it (ALB guide, "Condition types for listener rules").
    """
    parts = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern) and pattern[position + 1] in "*?\\":
            position += 1
            parts.append(escaped(pattern[position]))
        else:
            parts.append({"*": many, "?": one}.get(character) or escaped(character))
        position += 1
    return "".join(parts)


def whole(expression: str) -> str:
    """Return the expression as one that matches whole texts only."""
    return f"^{expression}$"


def query_expression(key: str | None, value: str) -> str:
    """Return the regular expression of a parameter in a query string; without a key, of any parameter's value."""
    name = wildcards(key, "[^&=]*", "[^&=]") + "=" if key is not None else "([^&=]*=)?"
    return f"(^|&){name}{wildcards(value, '[^&]*', '[^&]')}(&|$)"


def header_name(name: str) -> str:
    """Return a header's name if it can stand in an expression.

    Raises:
        LabError: it is none.
    """
    if not _TOKEN.fullmatch(name):
        raise LabError(f"{name!r} is no name of a header.")
    return name


def filled(template: str) -> str:
    """Return a redirect's text as a format of HAProxy: placeholders become variables, all else stays as it is."""
    parts = []
    position = 0
    for found in PLACEHOLDER.finditer(template):
        parts += [template[position : found.start()].replace("%", "%%"), VARIABLES[found.group(1)]]
        position = found.end()
    return "".join([*parts, template[position:].replace("%", "%%")])
