# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags between the forms that AWS has for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ESTATE = "nodeops:estate"


def of(listed: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """A list of Key and Value as a mapping."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in listed or []}


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
