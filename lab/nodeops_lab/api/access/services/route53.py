# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Route 53".
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, service
from ..request import Call

# By operation, the kind of what its path's identifier names.
ZONES = frozenset(
    {
        "AssociateVPCWithHostedZone",
        "ChangeResourceRecordSets",
        "DeleteHostedZone",
        "DisableHostedZoneDNSSEC",
        "DisassociateVPCFromHostedZone",
        "EnableHostedZoneDNSSEC",
        "GetDNSSEC",
        "GetHostedZone",
        "ListResourceRecordSets",
        "UpdateHostedZoneComment",
    }
)
HEALTH_CHECKS = frozenset(
    {
        "DeleteHealthCheck",
        "GetHealthCheck",
        "GetHealthCheckLastFailureReason",
        "GetHealthCheckStatus",
        "UpdateHealthCheck",
    }
)
TAGGING = frozenset({"ChangeTagsForResource", "ListTagsForResource"})


@service("route53")
def route53(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Route 53, whose resources belong to no region and show no account."""
    labels = [str(value) for value in call.parameters.values()]
    identifier = labels[-1].rpartition("/")[2] if labels else "*"
    if call.operation in ZONES:
        yield Check(call.action, f"arn:aws:route53:::hostedzone/{identifier}")
    elif call.operation in HEALTH_CHECKS:
        yield Check(call.action, f"arn:aws:route53:::healthcheck/{identifier}")
    elif call.operation in TAGGING:
        yield Check(call.action, f"arn:aws:route53:::{call.parameters.get('ResourceType', 'hostedzone')}/{identifier}")
    elif call.operation == "GetChange":
        yield Check(call.action, f"arn:aws:route53:::change/{identifier}")
    else:
        yield Check(call.action)
