# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service answers."""

from __future__ import annotations

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from .models import DevOpsGuruBackend, devopsguru_backends


class DevOpsGuruResponse(BaseResponse):
    """The operations. Those about insights are missing: nothing is analysed, so nothing can be said of it."""

    def __init__(self) -> None:
        super().__init__(service_name="devops-guru")
        self.automated_parameter_parsing = True

    @property
    def _backend(self) -> DevOpsGuruBackend:
        return devopsguru_backends[self.current_account][self.region]

    def add_notification_channel(self) -> ActionResult:
        """AddNotificationChannel."""
        return ActionResult({"Id": self._backend.add_channel(dict(self._get_param("Config")))})

    def list_notification_channels(self) -> ActionResult:
        """ListNotificationChannels."""
        channels = [{"Id": identifier, "Config": config} for identifier, config in self._backend.channels.items()]
        return ActionResult({"Channels": channels})

    def remove_notification_channel(self) -> EmptyResult:
        """RemoveNotificationChannel."""
        self._backend.remove_channel(self._get_param("Id"))
        return EmptyResult()

    def update_resource_collection(self) -> EmptyResult:
        """UpdateResourceCollection."""
        self._backend.update_collection(self._get_param("Action"), self._get_param("ResourceCollection"))
        return EmptyResult()

    def get_resource_collection(self) -> ActionResult:
        """GetResourceCollection."""
        return ActionResult({"ResourceCollection": self._backend.collection(self._get_param("ResourceCollectionType"))})

    def describe_account_health(self) -> ActionResult:
        """DescribeAccountHealth: of nothing analysed there are no insights."""
        names = ("OpenReactiveInsights", "OpenProactiveInsights", "MetricsAnalyzed", "ResourceHours")
        return ActionResult({**dict.fromkeys(names, 0), "AnalyzedResourceCount": 0})

    def describe_service_integration(self) -> ActionResult:
        """DescribeServiceIntegration."""
        return ActionResult({"ServiceIntegration": self._backend.integration})

    def update_service_integration(self) -> EmptyResult:
        """UpdateServiceIntegration."""
        self._backend.integrate(self._get_param("ServiceIntegration"))
        return EmptyResult()
