# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that services and their operations have, as an operator writes them and as requests are signed for."""

from __future__ import annotations

from functools import lru_cache

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel


@lru_cache(maxsize=1)
def services() -> dict[str, tuple[str, ...]]:
    """Return botocore's services by the name that requests for them are signed for."""
    session = botocore.session.get_session()
    found: dict[str, tuple[str, ...]] = {}
    for name in session.get_available_services():
        metadata = _model(name).metadata
        signed_for = metadata.get("signingName", metadata["endpointPrefix"])
        found[signed_for] = (*found.get(signed_for, ()), name)
    return found


@lru_cache(maxsize=64)
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def signing_name(service: str) -> str | None:
    """Return the name that requests for a service of botocore or IAM are signed for, or None for no service."""
    aliases = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}
    name = aliases.get(service, service)
    try:
        metadata = _model(name).metadata
    except UnknownServiceError:
        return name if name in services() else None
    return str(metadata.get("signingName", metadata["endpointPrefix"]))


def operations(service: str) -> set[str]:
    """Return the operations of the services that share a signing name."""
    return {operation for name in services()[service] for operation in _model(name).operation_names}
