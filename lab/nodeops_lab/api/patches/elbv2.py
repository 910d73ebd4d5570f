# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic Load Balancing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2 import models

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
APPLICATION_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "client_keep_alive.seconds": "3600",
    "routing.http2.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "waf.fail_open.enabled": "false",
}


@patch
def application_load_balancer_attributes(_settings: Settings) -> None:
    """Give an application load balancer the value of every attribute.

    AWS: DescribeLoadBalancerAttributes lists all attributes, with defaults where none was set
    (API reference, LoadBalancerAttribute). Moto: only those that were set, so amazon.aws's elb_application_lb ends
    in a KeyError on ``routing_http_drop_invalid_header_fields_enabled``.
    """
    original = models.FakeLoadBalancer.__init__

    def initialize(self: models.FakeLoadBalancer, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if self.type == "application":
            self.attrs.update({key: value for key, value in APPLICATION_ATTRIBUTES.items() if key not in self.attrs})

    replace(models.FakeLoadBalancer, "__init__", initialize)
