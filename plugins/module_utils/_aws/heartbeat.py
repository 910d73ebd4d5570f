# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the watch on a host writes in the estate's log group: a line a minute while its node serves, and calls for help.

A filter counts the lines and an alarm misses them: so it is noticed that no node serves, whatever the reason. A node
tells nothing of the kind by itself, and what its hosts may do already suffices. A call has the level of a node's
critical lines, so the alarm that counts those tells of it.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import error_code, explain

SECONDS = 60.0
LINE = '{"watch":"active"}'


class Heart:
    """Remembers when the last line was due."""

    def __init__(self) -> None:
        self._beaten: float | None = None

    def due(self, now: float, serves: bool) -> bool:
        """Whether a line is to be written now, by a clock that never jumps; it counts as written."""
        if not serves or (self._beaten is not None and now - self._beaten < SECONDS):
            return False
        self._beaten = now
        return True


def beat(logs: Any, estate: str, instance_id: str, moment: float) -> None:
    """Write the line; moment in seconds since 1970. Raises AwsError."""
    _write(logs, estate, instance_id, moment, LINE)


def call_people(logs: Any, estate: str, instance_id: str, moment: float, reason: str) -> None:
    """Write that an instance needs somebody to look at it; moment in seconds since 1970. Raises AwsError."""
    _write(logs, estate, instance_id, moment, json.dumps({"watch": "helpless", "level": "crit", "msg": reason}))


def _write(logs: Any, estate: str, instance_id: str, moment: float, line: str) -> None:
    where = {"logGroupName": f"/{estate}/node", "logStreamName": f"{instance_id}-watch"}
    events = [{"timestamp": int(moment * 1000), "message": line}]
    try:
        try:
            logs.put_log_events(**where, logEvents=events)
        except Exception as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            logs.create_log_stream(**where)
            logs.put_log_events(**where, logEvents=events)
    except Exception as error:  # whatever boto3 raises is told in the operator's words
        raise explain(error, f"write to log group {where['logGroupName']}", "logs:PutLogEvents") from error
