# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is stored of a password lets its owner in, and nobody else: with a real PostgreSQL."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import psycopg2
import pytest
from ansible_collections.nodeops.chainlink.plugins.filter.scram_verifier import scram_verifier
from ansible_collections.nodeops.chainlink.plugins.module_utils._database.verifier import verifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Database


def test_the_example_of_the_rfc() -> None:
    # RFC 7677, section 3: user "user", password "pencil", and the server's signature with this salt.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert verifier(b"pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.fixture
def user(database: Database) -> Iterator[str]:
    """Yield a user of this test's, who may log in."""
    database.run("CREATE ROLE verified LOGIN")
    yield "verified"
    database.run("DROP ROLE verified")


def test_the_password_lets_in_and_another_does_not(database: Database, user: str) -> None:
    database.run(f"ALTER ROLE {user} PASSWORD '{scram_verifier('a new password')}'")
    psycopg2.connect(database.url(), user=user, password="a new password").close()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(database.url(), user=user, password="another password")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_any_printable_password_lets_in(database: Database, user: str, password: str) -> None:
    database.run(f"ALTER ROLE {user} PASSWORD '{scram_verifier(password)}'")
    psycopg2.connect(database.url(), user=user, password=password).close()
