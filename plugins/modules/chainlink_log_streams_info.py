#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_log_streams_info
short_description: Tell when each log stream of a group last received an event
version_added: 0.1.0
description:
  - Asks CloudWatch Logs for the last event of named log streams, and waits until each of them has one.
  - Proves that the logs of a node arrive, which a running container with a silent log driver would not show.
author:
  - nodeops authors (@nodeops)
requirements:
  - boto3
  - botocore
options:
  log_group:
    description: Name of the log group.
    type: str
    required: true
  log_streams:
    description: Names of the log streams that must have received events.
    type: list
    elements: str
    required: true
  since:
    description:
      - Count only events of this moment or later, in seconds since 1970.
      - V(0) counts every event that the group still keeps.
    type: float
    default: 0
  wait_timeout:
    description:
      - Seconds to wait until every stream has an event. CloudWatch Logs shows new events after a few seconds.
      - With V(0) the answer of the first look is final.
    type: int
    default: 60
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: nodeops.chainlink.chainlink_health
  - module: amazon.aws.cloudwatchlogs_log_group_info
"""

EXAMPLES = r"""
- name: Prove that a node's log has arrived since its container was started
  nodeops.chainlink.chainlink_log_streams_info:
    region: eu-central-1
    log_group: /oracle/node
    log_streams: [i-0123456789abcdef0]
    since: "{{ health.started }}"

- name: Prove that both nodes' logs have ever arrived
  nodeops.chainlink.chainlink_log_streams_info:
    region: eu-central-1
    log_group: /oracle/node
    log_streams: [i-0123456789abcdef0, i-0fedcba9876543210]
"""

RETURN = r"""
log_streams:
  description: For each log stream the moment of its newest event, in seconds since 1970.
  returned: success
  type: dict
  sample: {"i-0123456789abcdef0": 1795334877.045}
"""

import contextlib
import time

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

POLL_SECONDS = 2.0


def newest_events(client: object, log_group: str, log_streams: list[str], since: float) -> dict[str, float]:
    """Return the moment of the newest event (seconds since 1970) of every stream that has one since ``since``.

    ``DescribeLogStreams`` is no help: AWS updates its ``lastEventTimestamp`` with a delay of up to an hour.
    (CloudWatch Logs API reference, LogStream.)
    """
    newest: dict[str, float] = {}
    for stream in log_streams:
        try:
            moment = newest_event(client, log_group, stream, since)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                continue
            raise
        if moment is not None:
            newest[stream] = moment
    return newest


def newest_event(client: object, log_group: str, stream: str, since: float) -> float | None:
    """Return the moment of the newest event of a stream since ``since``, or None.

    A page may be empty although there are events: only a token that comes again says that there are no more.
    """
    asked: dict[str, object] = {
        **{"logGroupName": log_group, "logStreamName": stream},
        **{"limit": 1, "startFromHead": False, "startTime": int(since * 1000)},
    }
    while True:
        answer = client.get_log_events(**asked)  # type: ignore[attr-defined]
        if answer["events"]:
            return float(answer["events"][-1]["timestamp"]) / 1000
        token = answer.get("nextBackwardToken")
        if token is None or token == asked.get("nextToken"):
            return None
        asked["nextToken"] = token


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "log_group": {"type": "str", "required": True},
            "log_streams": {"type": "list", "elements": "str", "required": True},
            "since": {"type": "float", "default": 0},
            "wait_timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    wanted = module.params["log_streams"]
    deadline = time.monotonic() + module.params["wait_timeout"]
    try:
        client = module.client("logs")
        while True:
            found = newest_events(client, module.params["log_group"], wanted, module.params["since"])
            silent = [stream for stream in wanted if stream not in found]
            if not silent or time.monotonic() >= deadline:
                break
            time.sleep(POLL_SECONDS)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to read log group {module.params['log_group']}")
    if silent:
        module.fail_json(
            msg=f"No log event arrived in {module.params['log_group']} within {module.params['wait_timeout']} s "
            f"for: {', '.join(silent)}. Check the instance role's logs permissions and the container's log driver.",
            log_streams=found,
        )
    module.exit_json(changed=False, log_streams=found)


if __name__ == "__main__":
    main()
