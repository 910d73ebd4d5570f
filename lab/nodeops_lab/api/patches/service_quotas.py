# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service Quotas."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
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


class NoIncreaseError(JsonRESTError):
    """A quota can only be raised."""

    code = 400

    def __init__(self) -> None:
        super().__init__(
            "IllegalArgumentException", "You must provide a quota value greater than the current quota value."
        )


@patch
def estate_quotas(_settings: Settings) -> None:
    """Tell the quotas of what an estate is made of, and raise them.

    AWS: GetServiceQuota, ListServiceQuotas, ListServices, RequestServiceQuotaIncrease and the operations on AWS's
    defaults (API reference); AWS decides on a request, in minutes to days. Moto: defaults of the VPC only. Quotas are
    told here, not enforced, and a request is granted at once.
    """
    raised: defaultdict[tuple[str, str], quotas.Raised] = defaultdict(dict)

    def request(response: responses.ServiceQuotasResponse) -> dict[str, Any]:
        return dict(json.loads(response.body or "{}"))

    def where(response: responses.ServiceQuotasResponse) -> tuple[str, str]:
        return response.region, response.current_account

    def listed(response: responses.ServiceQuotasResponse, values: quotas.Raised) -> list[dict[str, Any]]:
        service = request(response).get("ServiceCode", "")
        if service not in quotas.QUOTAS:
            raise NoSuchQuotaError
        return [quotas.described(service, code, *where(response), values) for code in quotas.QUOTAS[service]]

    def wanted(response: responses.ServiceQuotasResponse, values: quotas.Raised) -> dict[str, Any]:
        code = request(response).get("QuotaCode")
        for quota in listed(response, values):
            if quota["QuotaCode"] == code:
                return quota
        raise NoSuchQuotaError

    def get_service_quota(self: responses.ServiceQuotasResponse) -> str:
        return json.dumps({"Quota": wanted(self, raised[where(self)])})

    def get_aws_default_service_quota(self: responses.ServiceQuotasResponse) -> str:
        return json.dumps({"Quota": wanted(self, {})})

    def list_service_quotas(self: responses.ServiceQuotasResponse) -> str:
        return json.dumps({"Quotas": listed(self, raised[where(self)])})

    def list_aws_default_service_quotas(self: responses.ServiceQuotasResponse) -> str:
        return json.dumps({"Quotas": listed(self, {})})

    def list_services(_self: responses.ServiceQuotasResponse) -> str:
        services = [{"ServiceCode": code, "ServiceName": name} for code, name in quotas.SERVICES.items()]
        return json.dumps({"Services": services})

    def request_service_quota_increase(self: responses.ServiceQuotasResponse) -> str:
        quota = wanted(self, raised[where(self)])
        value = float(request(self)["DesiredValue"])
        if value <= quota["Value"]:
            raise NoIncreaseError
        raised[where(self)][quota["ServiceCode"], quota["QuotaCode"]] = value
        answer = quotas.requested(quota, value, uuid.uuid4().hex, time.time(), self.get_access_key())
        return json.dumps({"RequestedQuota": answer})

    replace(responses.ServiceQuotasResponse, "get_service_quota", get_service_quota)
    replace(responses.ServiceQuotasResponse, "list_aws_default_service_quotas", list_aws_default_service_quotas)
    add(responses.ServiceQuotasResponse, "get_aws_default_service_quota", get_aws_default_service_quota)
    add(responses.ServiceQuotasResponse, "list_service_quotas", list_service_quotas)
    add(responses.ServiceQuotasResponse, "list_services", list_services)
    add(responses.ServiceQuotasResponse, "request_service_quota_increase", request_service_quota_increase)
