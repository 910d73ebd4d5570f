# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that a caller gives a service to act with, and the roles that a service makes for itself.

Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service", "Service-linked role permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...backends import ACCOUNT_ID, iam
from ..checks import Check, Values


def pass_role(
    role: str | None, service: str, message: str | None = None, code: str | None = None, associated: str | None = None
) -> Iterable[Check]:
    """Return the check of iam:PassRole for a role's ARN, or none without one."""
    if not role:
        return
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
    context: dict[str, Values] = {"iam:passedtoservice": (service,)}
    if associated:
        context["iam:associatedresourcearn"] = (associated,)
    yield Check("iam:PassRole", arn, context, message=message, code=code)


def pass_profile(
    profile: Mapping[str, Any] | None, message: str | None = None, code: str | None = None
) -> Iterable[Check]:
    """Return the checks of iam:PassRole for the role in an instance profile; EC2 itself refuses an unknown one."""
    if not profile:
        return
    name = str(profile.get("Name") or str(profile.get("Arn")).rpartition("/")[2])
    for known in iam().instance_profiles.values():
        if known.name == name:
            for role in known.roles:
                yield from pass_role(role.arn, "ec2.amazonaws.com", message, code)


def service_linked_role(service: str, name: str) -> Iterable[Check]:
    """Return the check of making a service's own role for it, if the account has none yet.

    AWS makes it with the permissions of whoever first uses the service in the account.
    """
    path = f"role/aws-service-role/{service}/{name}"
    if any(role.name == name for role in iam().roles.values()):
        return
    yield Check("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT_ID}:{path}", {"iam:awsservicename": (service,)})
