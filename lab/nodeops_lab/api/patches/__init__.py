# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections to moto, one file per service, one function per correction.

Each function's docstring says what AWS does, what moto does instead, and where the former is written down.
Each has a test in ``lab/tests/api`` marked ``patch("<service>.<function>")`` that fails without it.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from ._registry import registered

if TYPE_CHECKING:
    from ..settings import Settings

LOGGER = logging.getLogger(__name__)
SERVICES = (
    "acm",
    "autoscaling",
    "autoscaling_gaps",
    "autoscaling_hooks",
    "autoscaling_instances",
    "autoscaling_processes",
    "autoscaling_refreshes",
    "backup",
    "cloudformation",
    "cloudwatch",
    "ec2_addresses",
    "ec2_endpoints",
    "ec2_images",
    "ec2_instance_states",
    "ec2_instances",
    "ec2_launch_templates",
    "ec2_networks",
    "ec2_tags",
    "ec2_volumes",
    "elbv2",
    "elbv2_targets",
    "iam",
    "kms",
    "logs",
    "rds",
    "rds_catalogue",
    "rds_clusters",
    "rds_events",
    "rds_instances",
    "rds_parameters",
    "rds_restores",
    "rds_snapshots",
    "service_quotas",
    "services",
    "sns",
    "ssm",
    "ssm_commands",
    "sts",
)

_installed: set[str] = set()


def names() -> list[str]:
    """Return the names of all patches, as ``<service>.<function>``."""
    for service in SERVICES:
        import_module(f"{__name__}.{service}")
    return list(registered())


def install(settings: Settings, without: frozenset[str] = frozenset()) -> None:
    """Apply every patch once in this process; later calls add only what is missing.

    Raises:
        ValueError: ``without`` names a patch that does not exist.
    """
    unknown = without.difference(names())
    if unknown:
        raise ValueError(f"no such patches: {', '.join(sorted(unknown))}")
    for name, apply in registered().items():
        if name not in without and name not in _installed:
            apply(settings)
            _installed.add(name)
    if without:
        LOGGER.warning("without the patches %s", ", ".join(sorted(without)))
