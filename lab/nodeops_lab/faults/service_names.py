# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that services and their operations have, as an operator writes them and as requests are signed for."""

from __future__ import annotations

from functools import lru_cache

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel

# What botocore calls services whose requests are signed, or permitted by IAM, under another name. Reading all of
# botocore's models to find them would take a quarter of a minute.
NAMES = {
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "monitoring": ("cloudwatch",),
    "servicequotas": ("service-quotas",),
    "states": ("stepfunctions",),
    "tag": ("resourcegroupstaggingapi",),
    "tagging": ("resourcegroupstaggingapi",),
}


@lru_cache(maxsize=64)
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def signing_name(service: str) -> str | None:
    """Return the name that requests for a service of botocore or IAM are signed for, or None for no service."""
    try:
        metadata = _model(NAMES.get(service, (service,))[0]).metadata
    except UnknownServiceError:
        return None
    return str(metadata.get("signingName", metadata["endpointPrefix"]))


def operations(service: str) -> set[str]:
    """Return the operations of a service of botocore, or of all that share one name of AWS's."""
    return {operation for name in NAMES.get(service, (service,)) for operation in _model(name).operation_names}
