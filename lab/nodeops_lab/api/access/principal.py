# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks: the kinds of principals that a request or a policy can name."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from .policy import Grantee, Policy, Statement

ACCOUNT_ID = re.compile(r"\d{12}")


class Grant(enum.IntEnum):
    """How a resource-based policy names a principal: each way has other consequences (see ``decision``)."""

    ACCOUNT = 1
    """By its account, whose identity-based policies then decide."""
    ROLE = 2
    """By the role of its session."""
    ITSELF = 3
    """By itself: user, session, service, or everyone."""


@dataclass(frozen=True)
class Principal:
    """One caller."""

    arn: str
    """As ``GetCallerIdentity`` says; a service has its host name, whoever has no credentials ``anonymous``."""
    kind: str
    """``User``, ``AssumedRole``, ``Service`` or ``Anonymous``."""
    account: str = ""
    user_id: str = ""
    name: str = ""
    """The user's, role's or service's name."""
    role_arn: str | None = None
    tags: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def policy_arn(self) -> str:
        """The ARN of ``aws:PrincipalArn``: a session's is its role's."""
        return self.role_arn or self.arn

    def named_by(self, statement: Statement) -> Grant | None:
        """Return the strongest way in which a statement's principals name this one, or None.

        Source: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
        """
        ways = [way for grantee in statement.grantees if (way := self._way(grantee)) is not None]
        if statement.not_grantees:
            return None if ways else Grant.ITSELF
        return max(ways, default=None)

    def _way(self, grantee: Grantee) -> Grant | None:
        if grantee.kind == "*" and grantee.value == "*":
            return Grant.ITSELF
        if grantee.kind == "Service":
            return Grant.ITSELF if self.kind == "Service" and grantee.value == self.arn else None
        if grantee.kind != "AWS" or self.kind == "Service":
            return None
        if grantee.value == "*":
            return Grant.ITSELF
        if self.kind == "Anonymous":
            return None
        if grantee.value in (self.account, f"arn:aws:iam::{self.account}:root"):
            return Grant.ACCOUNT
        if grantee.value == self.arn:
            return Grant.ITSELF
        return Grant.ROLE if grantee.value == self.role_arn else None


@dataclass(frozen=True)
class Permissions:
    """What is attached to a principal."""

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    """The permissions boundary; None where there is none."""
    session: tuple[Policy, ...] | None = None
    """Session policies; None where the session was made without."""
    everything: bool = False
    """Whether nothing is ever denied: the lab itself, in the place of AWS's own services."""
