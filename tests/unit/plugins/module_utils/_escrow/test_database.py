# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import database
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import Database

DATABASE = Database("db.test", 5432, "chainlink", "chainlink", "word")


def test_a_server_that_vanishes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def note(**options: Any) -> None:
        # libpq refuses what it does not know.
        asked.append(psycopg2.extensions.parse_dsn(psycopg2.extensions.make_dsn(**options)))
        raise psycopg2.OperationalError("canary-word is not let in")

    monkeypatch.setattr(psycopg2, "connect", note)
    with pytest.raises(database.DatabaseError) as caught:
        database.left(DATABASE, database.Master("master", "canary-word"))
    assert str(caught.value) == "*** is not let in"
    wanted = {"keepalives_idle": "5", "keepalives_interval": "5", "keepalives_count": "2", "tcp_user_timeout": "10000"}
    assert {name: asked[0].get(name) for name in wanted} == wanted
    assert asked[0]["sslmode"] == "verify-full"
