# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes what PostgreSQL stores of a password.

So no statement carries the password itself: a server logs those that fail, with all that is in them. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

#: src/include/common/scram-common.h
ITERATIONS = 4096
SALT_BYTES = 16


def verifier(password: bytes, salt: bytes) -> str:
    """Return the verifier of SCRAM-SHA-256 (RFC 5803) for a prepared password and a random salt of SALT_BYTES."""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, ITERATIONS)
    stored_key = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    server_key = _keyed(salted, b"Server Key")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def _keyed(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
