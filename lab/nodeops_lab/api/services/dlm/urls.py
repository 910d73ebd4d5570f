# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the service is reached."""

from __future__ import annotations

from .responses import DLMResponse

url_bases = [r"https?://dlm\.(.+)\.amazonaws\.com"]
url_paths = {
    "{0}/policies/?$": DLMResponse.dispatch,
    "{0}/policies/(?P<policy_id>[^/]+)/?$": DLMResponse.dispatch,
    "{0}/tags/(?P<resource_arn>.+)$": DLMResponse.dispatch,
}
