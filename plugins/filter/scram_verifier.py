# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scram_verifier
short_description: What PostgreSQL stores of a password
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Turns a password into the verifier of SCRAM-SHA-256 that PostgreSQL stores, with a salt of its own in each call.
  - Given to C(CREATE ROLE) or C(ALTER ROLE) in place of the password, it keeps the password out of the server's log,
    where a statement that fails stands with all that is in it.
  - A password that is not text is an error, which names no value.
positional: _input
options:
  _input:
    description: The password.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Give a user its password
  community.postgresql.postgresql_user:
    name: chainlink
    password: "{{ password | nodeops.chainlink.scram_verifier }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The verifier.
  type: str
  sample: "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWh..."
"""

import secrets
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.community.postgresql.plugins.module_utils.saslprep import saslprep
from ansible_collections.nodeops.chainlink.plugins.module_utils._database.verifier import SALT_BYTES, verifier


def scram_verifier(password: object) -> str:
    """The verifier of a password, with a new salt."""
    if not isinstance(password, str) or not password:
        raise AnsibleFilterError(f"scram_verifier takes a password, not {type(password).__name__} or an empty text")
    try:
        prepared = saslprep(password)
    except ValueError:
        # As PostgreSQL does with what SASLprep prohibits (src/common/saslprep.c).
        prepared = password
    return verifier(str(prepared).encode(), secrets.token_bytes(SALT_BYTES))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"scram_verifier": scram_verifier}
