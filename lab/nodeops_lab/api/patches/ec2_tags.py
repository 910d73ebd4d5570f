# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import tags

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def natgateway_type(_settings: Settings) -> None:
    """Call a NAT gateway's tags ``natgateway``.

    AWS: the resource type of a NAT gateway's tag is ``natgateway`` (API reference, DescribeTags).
    Moto: ``nat-gateway``, so amazon.aws's ec2_vpc_nat_gateway finds no tags and changes them on every run.
    """
    original = tags.TagBackend.describe_tags

    def describe_tags(self: tags.TagBackend, filters: dict[str, list[str]] | None = None) -> list[dict[str, str]]:
        wanted: dict[str, Any] = dict(filters or {})
        if "resource-type" in wanted:
            wanted["resource-type"] = [
                "nat-gateway" if value == "natgateway" else value for value in wanted["resource-type"]
            ]
        found = original(self, wanted)
        for tag in found:
            if tag["resource_type"] == "nat-gateway":
                tag["resource_type"] = "natgateway"
        return found

    replace(tags.TagBackend, "describe_tags", describe_tags)
