# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the service is reached."""

from __future__ import annotations

from .responses import DevOpsGuruResponse

url_bases = [r"https?://devops-guru\.(.+)\.amazonaws\.com"]
url_paths = {
    "{0}/(?P<path>.+)$": DevOpsGuruResponse.dispatch,
}
