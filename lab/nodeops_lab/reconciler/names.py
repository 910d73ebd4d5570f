# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that the VPC resolver answers by itself."""

from __future__ import annotations

from collections.abc import Mapping

from .region import Region


def hosts_file(region: Region, endpoints: Mapping[str, str], domain: str) -> str:
    """Return the lines of a hosts file: instances by their private names, databases' endpoints by their addresses."""
    lines = [
        f"{instance.address} {instance.short_name}.{domain}"
        for instance in region.instances.values()
        if instance.running
    ]
    lines += [f"{address} {endpoint}" for endpoint, address in endpoints.items()]
    return "".join(f"{line}\n" for line in sorted(lines))
