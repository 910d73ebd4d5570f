# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node's password rules and password files (core/utils/password.go, as README.md's facts give them)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from .errors import CommandError

MINIMUM_BYTES = 16
API_MAXIMUM_BYTES = 50
_WHITESPACE = " \t\n\v\f\r\x85\xa0"


def complexity_problems(password: str, *disallowed: str) -> list[str]:
    """What is wrong with ``password``: length in bytes, outer whitespace, a disallowed part of any case."""
    problems = []
    if password.strip(_WHITESPACE) != password:
        problems.append("leading/trailing whitespace detected in password")
    if len(password.encode()) < MINIMUM_BYTES:
        problems.append(f"must be at least {MINIMUM_BYTES} characters long")
    problems += [
        f'password must not contain "{part}"' for part in disallowed if part and part.lower() in password.lower()
    ]
    return problems


def complexity_error(password: str, *disallowed: str) -> str | None:
    """The official sentence about a weak password, or None."""
    problems = complexity_problems(password, *disallowed)
    return "password does not meet the requirements.\n" + "; ".join(problems) if problems else None


def from_file(path: str) -> str:
    """The password in a ``-p`` file: one trailing newline belongs to the file, the rest to the password.

    Raises CommandError.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f"error reading password from file: open {path}: {reason}") from error
    password = text.removesuffix("\n")
    if not password:
        raise CommandError("error reading password from file: detected empty password in file")
    if password.strip(_WHITESPACE) != password:
        raise CommandError("error reading password from file: leading/trailing whitespace detected in password")
    return password


def database_url_problem(url: str) -> str | None:
    """What the node has against the password of a database URL, or None."""
    try:
        parts = urlsplit(url)
        query_password = parse_qs(parts.query).get("password")
        password = query_password[0] if query_password else unquote(parts.password or "")
    except ValueError:
        return "invalid value (*****): not a valid URL"
    shown = url.replace(parts.password, "xxxxx", 1) if parts.password else url
    if "_test" in shown:
        return None
    if not password:
        return "invalid value (*****): DB URL must be authenticated; plaintext URLs are not allowed"
    error = complexity_error(password)
    return f"invalid value (*****): {error}" if error else None


def hashed(password: str) -> str:
    """A salted hash of an API password (the official image stores bcrypt; the standard library has none)."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogateescape"), salt, 20_000)
    return f"pbkdf2-sha256${salt.hex()}${digest.hex()}"


def matches(password: str, stored: str) -> bool:
    """Whether ``password`` is the one behind ``stored``."""
    _, salt, digest = stored.split("$")
    given = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogateescape"), bytes.fromhex(salt), 20_000)
    return hmac.compare_digest(given.hex(), digest)
