# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a running 1.x node for its settings as TOML: what ``chainlink config dump`` does, by the same interface.

The answer holds RPC URLs with their keys. It stays in memory, and errors repeat nothing of it.
"""

from __future__ import annotations

import json

from . import api

PATH = "/v2/config/dump-v1-as-v2"


def ask(url: str, credentials: api.Credentials) -> str:
    """The TOML of the node at a base URL; raises api.ApiError. The session that it needs is ended again."""
    with api.session(url, credentials) as node:
        answer = node.ask("GET", PATH)
    if answer.status != 200:
        raise api.ApiError(
            f"the node does not say its settings as TOML (HTTP status {answer.status}); releases 1.13.x do"
        )
    return _toml(answer.body)


def _toml(body: str) -> str:
    """The text in an answer, a JSON:API document with one resource (core/web/config_controller.go)."""
    try:
        text = json.loads(body)["data"]["attributes"]["config"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise api.ApiError("the node's answer is no configuration")
    return text
