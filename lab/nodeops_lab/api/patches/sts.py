# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security Token Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.sts import responses

from ..backends import iam
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def session_attributes(_settings: Settings) -> None:
    """Keep what AssumeRole says of the session.

    AWS: PolicyArns limit the session, Tags become its principal tags, and it ends with the very role that it was made
    for (API reference, AssumeRole). Moto: forgets policies given by ARN, tags and the role's identity.
    """
    original = responses.TokenResponse.assume_role

    def assume_role(self: responses.TokenResponse) -> ActionResult:
        answer = original(self)
        session = self.backend.assumed_roles[-1]
        tags = self._get_param("Tags", [])
        try:
            role_id = iam().get_role_by_arn(session.role_arn).id
        except NotFoundException:
            # Only without the gate: it refuses what does not exist.
            role_id = None
        vars(session).update(
            session_tags={str(tag["Key"]): str(tag.get("Value", "")) for tag in tags},
            policy_arns=tuple(str(policy["arn"]) for policy in self._get_param("PolicyArns", [])),
            issued=utcnow(),
            role_id=role_id,
        )
        return answer

    replace(responses.TokenResponse, "assume_role", assume_role)
