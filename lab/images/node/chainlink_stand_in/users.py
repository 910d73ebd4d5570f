# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API users and their sessions, and the ``-a`` file that seeds the first one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from .database import Database
from .errors import CommandError
from .logs import Logger
from .passwords import API_MAXIMUM_BYTES, complexity_error, hashed, matches

ROLES = ("admin", "edit", "run", "view")


class UserError(ValueError):
    """A user that the node refuses, in its words."""


@dataclass(frozen=True)
class User:
    """An API user without the password."""

    email: str
    role: str
    created_at: Any = None
    updated_at: Any = None


def check_email(email: str) -> None:
    """Raises UserError unless ``email`` is an address, bare or as ``Name <address>``."""
    if not email:
        raise UserError("Must enter an email")
    address = parseaddr(email)[1]
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) or (address != email and f"<{address}>" not in email):
        raise UserError("Invalid email format")


def check_password(password: str, *disallowed: str) -> None:
    """Raises UserError for an API password that is too weak or too long."""
    error = complexity_error(password, *disallowed)
    if error:
        raise UserError(error)
    if len(password.encode()) > API_MAXIMUM_BYTES:
        raise UserError("must enter a password less than 50 characters")


class Users:
    """The tables ``users`` and ``sessions``."""

    def __init__(self, database: Database, session_timeout: float) -> None:
        self._database = database
        self._session_timeout = session_timeout

    def all(self) -> list[User]:
        with self._database.transaction() as cursor:
            cursor.execute("SELECT email, role, created_at, updated_at FROM users ORDER BY created_at, email")
            return [User(*row) for row in cursor.fetchall()]

    def create(self, email: str, password: str, role: str) -> User:
        """Add a user; the caller has checked email and password. Raises UserError where the email is taken."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "INSERT INTO users (email, hashed_password, role, created_at, updated_at)"
                " VALUES (lower(%s), %s, %s, NOW(), NOW()) ON CONFLICT DO NOTHING",
                (email, hashed(password), role),
            )
            if not cursor.rowcount:
                raise UserError(f"user with email {email} already exists")
        return User(email.lower(), role)

    def password_matches(self, email: str, password: str) -> bool:
        with self._database.transaction() as cursor:
            cursor.execute("SELECT hashed_password FROM users WHERE email = lower(%s)", (email,))
            row = cursor.fetchone()
        return bool(row) and matches(password, row[0])

    def set_password(self, email: str, password: str) -> None:
        """Store the new password and end every session of the user."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE users SET hashed_password = %s, updated_at = NOW() WHERE email = lower(%s)",
                (hashed(password), email),
            )
            cursor.execute("DELETE FROM sessions WHERE email = lower(%s)", (email,))

    def open_session(self, email: str) -> str:
        session = secrets.token_hex(16)
        with self._database.transaction() as cursor:
            cursor.execute(
                "INSERT INTO sessions (id, email, last_used, created_at) VALUES (%s, lower(%s), NOW(), NOW())",
                (session, email),
            )
        return session

    def session_user(self, session: str) -> User | None:
        """The user of a session that has not idled too long; using it renews it."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE sessions SET last_used = NOW() FROM users"
                " WHERE sessions.id = %s AND users.email = sessions.email"
                " AND last_used + make_interval(secs => %s) > NOW()"
                " RETURNING users.email, users.role, users.created_at, users.updated_at",
                (session, self._session_timeout),
            )
            row = cursor.fetchone()
        return User(*row) if row else None

    def close_session(self, session: str) -> None:
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM sessions WHERE id = %s", (session,))


def credentials_from_file(path: str) -> tuple[str, str]:
    """Email and password of an ``-a`` file. Raises CommandError; a missing file is fatal."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f"error creating api initializer: open {path}: {reason}") from error
    lines = text.split("\n")
    if len(lines) < 2:
        raise CommandError(
            "error creating api initializer: malformed API credentials file does not have at least two lines at " + path
        )
    return lines[0].strip(), lines[1].strip()


def initial_user(users: Users, api_file: str, log: Logger) -> User:
    """The user that the process stands for; creates the first one from the ``-a`` file.

    Raises CommandError. An existing user is never changed by the file.
    """
    credentials = credentials_from_file(api_file) if api_file else None
    existing = users.all()
    if not existing:
        if credentials is None:
            raise CommandError("error creating fallback initializer: API credentials must be supplied")
        email, password = credentials
        try:
            check_email(email)
            check_password(password)
        except UserError as error:
            raise CommandError(f"error creating api initializer: failed to instantiate new user: {error}") from error
        return users.create(email, password, "admin")
    admins = [user for user in existing if user.role == "admin"]
    if len(existing) == 1 or len(admins) == 1:
        user = existing[0] if len(existing) == 1 else admins[0]
        log.info("Defaulted to assume single DB API User", email=user.email)
        return user
    named = [user for user in existing if credentials and user.email == credentials[0].lower()]
    if not named:
        raise CommandError("error creating api initializer: sql: no rows in result set")
    return named[0]
