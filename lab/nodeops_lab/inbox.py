# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lab deliveries`: what SNS has delivered, and the subscriptions that wait to be confirmed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import botocore.exceptions

from .api import deliveries
from .errors import LabError

if TYPE_CHECKING:
    from .settings import LabSettings


def as_lines(settings: LabSettings) -> str:
    """Return the deliveries as they are kept, one JSON object per line."""
    return "".join(f"{json.dumps(item)}\n" for item in deliveries.read(settings.state_directory))


def as_text(settings: LabSettings) -> str:
    """Return the deliveries for people to read."""
    shown = []
    for item in deliveries.read(settings.state_directory):
        topic = item["topic"].rpartition(":")[2]
        head = f"{item['time']}  {topic} -> {item['protocol']} {item['endpoint']}"
        subject = [f"    {item['subject']}"] if item.get("subject") else []
        body = [f"    {line}" for line in item["message"].splitlines()]
        shown.append("\n".join([head, *subject, *body]))
    return "\n".join(shown) + "\n" if shown else "Nothing has been delivered.\n"


def confirm(settings: LabSettings) -> list[str]:
    """Confirm every subscription that waits for it, as its subscriber would; return their endpoints.

    Raises:
        LabError: the API does not answer.
    """
    asked = [item for item in deliveries.read(settings.state_directory) if item["type"] == "SubscriptionConfirmation"]
    latest = {(item["topic"], item["protocol"], item["endpoint"]): item["token"] for item in asked}
    sns = boto3.session.Session(
        aws_access_key_id=settings.administrator_access_key_id,
        aws_secret_access_key=settings.administrator_secret_access_key,
        region_name=settings.region,
    ).client("sns", endpoint_url=settings.api_url)
    confirmed = []
    try:
        pages = sns.get_paginator("list_subscriptions").paginate()
        pending = {
            (item["TopicArn"], item["Protocol"], item["Endpoint"])
            for page in pages
            for item in page["Subscriptions"]
            if item["SubscriptionArn"] == "PendingConfirmation"
        }
        for (topic, protocol, endpoint), token in latest.items():
            if (topic, protocol, endpoint) in pending:
                sns.confirm_subscription(TopicArn=topic, Token=token)
                confirmed.append(endpoint)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise LabError(f"The subscriptions cannot be confirmed: {error}") from error
    return confirmed
