# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator asks of an estate's monitoring and backups. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .._node import checks
from .._services import snapshot_policy, topic

Problem = tuple[str, str]

_ACCOUNT = re.compile(r"[0-9]{12}")
#: IAM takes 2 to 1224 characters of these (API reference, AssumeRole.ExternalId).
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9+=,.@:/_-]{16,1224}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
BACKUP_METHODS = ("snapshots", "aws_backup", "none")


def problems(inputs: Mapping[str, Any]) -> list[Problem]:
    """Every problem of these inputs. An endpoint of https is a secret and never repeated."""
    return [*_subscriptions(inputs), *_thresholds(inputs), *_stack_sets(inputs), *_backups(inputs)]


def _subscriptions(inputs: Mapping[str, Any]) -> list[Problem]:
    variable = "estate_observability_subscriptions"
    value = inputs.get(variable)
    if value is None:
        return []
    if not isinstance(value, list):
        return [(variable, "must be a list of mappings with protocol and endpoint")]
    found: list[Problem] = []
    seen = set()
    for number, item in enumerate(value, start=1):
        messages = _subscription(item)
        if not messages:
            key = (item["protocol"], item["endpoint"])
            messages = ["stands there twice"] if key in seen else []
            seen.add(key)
        found += [(variable, f"number {number}: {message}") for message in messages]
    return found


def _subscription(item: Any) -> list[str]:
    if not isinstance(item, Mapping) or set(item) != {"protocol", "endpoint"}:
        return ["must be a mapping with protocol and endpoint, and nothing else"]
    protocol, endpoint = item["protocol"], item["endpoint"]
    if protocol not in topic.PROTOCOLS:
        return [f"protocol must be one of {', '.join(topic.PROTOCOLS)}"]
    if not isinstance(endpoint, str):
        return ["endpoint must be text"]
    if protocol in ("email", "email-json"):
        return checks.email(endpoint)
    if protocol == "sqs":
        return [] if re.fullmatch(r"arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:\S+", endpoint) else ["is no ARN of a queue"]
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", endpoint)
    except ValueError:
        usable = False
    return [] if usable else ["endpoint must be an https:// URL"]


def _thresholds(inputs: Mapping[str, Any]) -> list[Problem]:
    limits = {
        "estate_observability_database_cpu_percent": (1, 100, "percent"),
        # PostgreSQL refuses to write at about 2.1 thousand million.
        "estate_observability_database_transaction_ids": (200_000_000, 2_000_000_000, "transaction ids"),
        "estate_observability_database_free_gib": (1, 1000, "GiB"),
    }
    return [
        (variable, f"{value} must be a number of {unit} from {least} to {most}")
        for variable, (least, most, unit) in limits.items()
        if (value := inputs.get(variable)) is not None and not least <= value <= most
    ]


def _stack_sets(inputs: Mapping[str, Any]) -> list[Problem]:
    administrator = inputs.get("estate_observability_stack_set_administrator")
    external_id = inputs.get("estate_observability_stack_set_external_id")
    found: list[Problem] = []
    if administrator and not (isinstance(administrator, str) and _ACCOUNT.fullmatch(administrator)):
        message = f"{administrator!r} is not an account; write its twelve digits in quotes"
        found.append(("estate_observability_stack_set_administrator", message))
    elif administrator and administrator == "0" * 12:
        found.append(("estate_observability_stack_set_administrator", f"{administrator} is nobody's account"))
    if administrator and not external_id:
        message = "is required with estate_observability_stack_set_administrator; agree on one with that account"
        found.append(("estate_observability_stack_set_external_id", message))
    elif external_id and not (isinstance(external_id, str) and _EXTERNAL_ID.fullmatch(external_id)):
        message = "must be 16 or more letters, digits and + = , . @ : / _ -"
        found.append(("estate_observability_stack_set_external_id", message))
    return found


def _backups(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    method = inputs.get("estate_backup_method")
    if method is not None and method not in BACKUP_METHODS:
        found.append(("estate_backup_method", f"{method!r} must be one of {', '.join(BACKUP_METHODS)}"))
    interval = inputs.get("estate_backup_interval_hours")
    if interval is not None and interval not in snapshot_policy.INTERVALS:
        allowed = ", ".join(map(str, snapshot_policy.INTERVALS))
        found.append(("estate_backup_interval_hours", f"{interval} must be one of {allowed}"))
    time = inputs.get("estate_backup_time")
    if time is not None and not (isinstance(time, str) and _TIME.fullmatch(time)):
        found.append(("estate_backup_time", f'{time!r} is not a time; write one in UTC and in quotes such as "03:30"'))
    keep = inputs.get("estate_backup_keep")
    if keep is not None and not 1 <= keep <= 1000:
        found.append(("estate_backup_keep", f"{keep} must be from 1 to 1000"))
    return found
