# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service Quotas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.servicequotas import responses

from .. import quotas
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


class NoSuchQuotaError(JsonRESTError):
    """There is no such service, or no such quota."""

    code = 400

    def __init__(self) -> None:
        super().__init__("NoSuchResourceException", "The specified resource does not exist.")


@patch
def estate_quotas(_settings: Settings) -> None:
    """Tell the quotas of what an estate is made of.

    AWS: GetServiceQuota, ListServiceQuotas, ListServices and the operations on AWS's defaults (API reference); an
    account's own values are the defaults until it has them raised, which the lab does not emulate. Moto: defaults of
    the VPC only. Quotas are told here, not enforced.
    """

    def request(response: responses.ServiceQuotasResponse) -> dict[str, Any]:
        return dict(json.loads(response.body or "{}"))

    def listed(response: responses.ServiceQuotasResponse) -> list[dict[str, Any]]:
        service = request(response).get("ServiceCode", "")
        if service not in quotas.QUOTAS:
            raise NoSuchQuotaError
        where = (response.region, response.current_account)
        return [quotas.described(service, code, *where) for code in quotas.QUOTAS[service]]

    def get_service_quota(self: responses.ServiceQuotasResponse) -> str:
        wanted = request(self).get("QuotaCode")
        for quota in listed(self):
            if quota["QuotaCode"] == wanted:
                return json.dumps({"Quota": quota})
        raise NoSuchQuotaError

    def list_service_quotas(self: responses.ServiceQuotasResponse) -> str:
        return json.dumps({"Quotas": listed(self)})

    def list_services(_self: responses.ServiceQuotasResponse) -> str:
        services = [{"ServiceCode": code, "ServiceName": name} for code, name in quotas.SERVICES.items()]
        return json.dumps({"Services": services})

    replace(responses.ServiceQuotasResponse, "get_service_quota", get_service_quota)
    replace(responses.ServiceQuotasResponse, "list_aws_default_service_quotas", list_service_quotas)
    add(responses.ServiceQuotasResponse, "get_aws_default_service_quota", get_service_quota)
    add(responses.ServiceQuotasResponse, "list_service_quotas", list_service_quotas)
    add(responses.ServiceQuotasResponse, "list_services", list_services)
