# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the agents' requests go: the fleet of :mod:`nodeops_lab.api.managed_instances`."""

from __future__ import annotations

from moto.core.base_backend import BackendDict, BaseBackend

from ...managed_instances import Fleet, fleet


class MessagesBackend(BaseBackend):
    """A region's messages."""

    @property
    def fleet(self) -> Fleet:
        """The region's managed instances."""
        return fleet(self.region_name)


# Not a service of boto3's: its regions are those of ssm.
ec2messages_backends = BackendDict(MessagesBackend, "ssm")
