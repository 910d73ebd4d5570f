# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents ask."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import BaseResponse

from ...managed_instances import Fleet
from .models import ec2messages_backends


class MessagesResponse(BaseResponse):
    """GetMessages, AcknowledgeMessage, SendReply."""

    def __init__(self) -> None:
        super().__init__(service_name="ec2messages")

    @property
    def _fleet(self) -> Fleet:
        backend = ec2messages_backends[self.current_account][self.region]
        return backend.fleet

    @property
    def _request(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def get_messages(self) -> str:
        """Hand out what an agent has not been told yet."""
        return json.dumps({"Messages": self._fleet.messages(self._request["Destination"])})

    def acknowledge_message(self) -> str:
        """Note that an agent has begun."""
        self._fleet.acknowledge(self._request["MessageId"])
        return "{}"

    def send_reply(self) -> str:
        """Note how it ended."""
        request = self._request
        self._fleet.reply(request["MessageId"], request["Payload"])
        return "{}"
