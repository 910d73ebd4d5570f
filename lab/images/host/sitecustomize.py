# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's one adjustment of cloud-init 22.4: say that this is EC2.

In a container cloud-init looks at no DMI data, takes the platform for unknown and asks the metadata service
without a token (cloudinit/sources/DataSourceEc2.py: `identify_platform`, `_maybe_fetch_api_token`). On an instance
the DMI data say "Amazon EC2". It would also ask for a DHCP lease, which docker's networks do not give.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys

DATASOURCE = "cloudinit.sources.DataSourceEc2"


class Ec2Finder(importlib.abc.MetaPathFinder):
    """Adjusts the Ec2 data source as it is imported."""

    def find_spec(self, fullname, path, target=None):
        """Find the data source's module where Python would, with the adjustment after its execution."""
        if fullname != DATASOURCE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        execute = spec.loader.exec_module

        def execute_and_adjust(module):
            execute(module)
            module.identify_platform = lambda: module.CloudNames.AWS
            module.DataSourceEc2Local.perform_dhcp_setup = False

        spec.loader.exec_module = execute_and_adjust
        return spec


sys.meta_path.insert(0, Ec2Finder())
