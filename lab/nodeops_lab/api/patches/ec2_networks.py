# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: what belongs to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import vpcs

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def network_acls_of_a_network(_settings: Settings) -> None:
    """Delete a network's default network ACL with it.

    AWS: it can neither be deleted by itself nor outlive its network (VPC guide, "Delete your VPC"). Moto: keeps it.
    """
    original = vpcs.VPCBackend.delete_vpc

    def delete_vpc(self: Any, vpc_id: str) -> vpcs.VPC:
        network = original(self, vpc_id)
        for acl in [acl for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
            del self.network_acls[acl.id]
        return network

    replace(vpcs.VPCBackend, "delete_vpc", delete_vpc)
