# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch alarms: what they see of the metrics, how they judge it, and what they do then.

`series` reads datapoints, `expressions` computes metric math over them, `judge` decides a metric alarm's state,
`rules` a composite alarm's, `actions` makes the change and acts on it, `keeper` does all that for each alarm.
"""

from __future__ import annotations
