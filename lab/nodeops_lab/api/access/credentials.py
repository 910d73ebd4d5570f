# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose an access key is, and what is attached to its owner. Called with the backends' lock held."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.sts.models import sts_backends

from ..backends import ACCOUNT_ID, iam
from .policy import Policy, parse
from .principal import Permissions, Principal
from .state import pairs, role

if TYPE_CHECKING:
    from moto.iam.models import Group, ManagedPolicy, Role, User
    from moto.sts.models import AssumedRole

LAB = "lab"
INSTANCES = Principal(arn="ec2.amazonaws.com", kind="Service", name="ec2")
"""Who takes the roles of instances: EC2 itself."""


@dataclass(frozen=True)
class AccessKey:
    """An access key that the lab gave out itself."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class Caller:
    """Who signed a request, with what proves it."""

    principal: Principal
    permissions: Permissions
    secret: str
    token: str | None = None
    issued: datetime.datetime | None = None
    """For temporary credentials."""
    expires: datetime.datetime | None = None

    @property
    def is_lab(self) -> bool:
        """Whether it is the lab itself, which acts in the place of AWS's services."""
        return self.principal.arn == LAB

    @property
    def has_expired(self) -> bool:
        """Whether temporary credentials are past their time."""
        return self.expires is not None and self.expires <= utcnow()


ANONYMOUS = Caller(Principal(arn="anonymous", kind="Anonymous"), Permissions(), secret="")


def caller(key_id: str, lab: AccessKey) -> Caller | None:
    """Return whose an access key is; None for one that is unknown, deleted or inactive."""
    if key_id == lab.key_id:
        return Caller(Principal(arn=LAB, kind="Service", name=LAB), Permissions(everything=True), lab.secret)
    key = iam().access_keys.get(key_id)
    if key is not None and key.user_name is not None:
        user = iam().users.get(key.user_name)
        if user is None or key not in user.access_keys or key.status != "Active":
            return None
        return Caller(user_principal(user), user_permissions(user), key.secret_access_key)
    for session in reversed(sts_backends[ACCOUNT_ID]["aws"].assumed_roles):
        if session.access_key_id == key_id:
            return _session(session)
    return None


def user_principal(user: User) -> Principal:
    """Return a user as a principal."""
    return Principal(user.arn, "User", ACCOUNT_ID, user.id, user.name, tags=dict(pairs(user.tags)))


def role_principal(found: Role, session: str, tags: dict[str, str] | None = None) -> Principal:
    """Return a session of a role as a principal; the session's tags come before the role's."""
    return Principal(
        arn=f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{found.name}/{session}",
        kind="AssumedRole",
        account=ACCOUNT_ID,
        user_id=f"{found.id}:{session}",
        name=found.name,
        role_arn=found.arn,
        tags={**pairs(found.tags), **(tags or {})},
    )


def _session(session: AssumedRole) -> Caller | None:
    found = role(session.role_arn)
    # Sessions end with their role; one of the same name that came later is another.
    if found is None or getattr(session, "role_id", found.id) != found.id:
        return None
    principal = role_principal(found, session.session_name, getattr(session, "session_tags", {}))
    return Caller(
        principal,
        role_permissions(found, _session_policies(session)),
        session.secret_access_key,
        session.session_token,
        issued=getattr(session, "issued", None),
        expires=session.expiration,
    )


def _session_policies(session: AssumedRole) -> tuple[Policy, ...] | None:
    documents = [session.policy] if session.policy else []
    policies = [parse(document, "session") for document in documents]
    for arn in getattr(session, "policy_arns", ()):
        policies.append(parse(default_version(iam().managed_policies[arn]), arn))
    return tuple(policies) or None


def user_permissions(user: User) -> Permissions:
    """Return what is attached to a user, by its groups too."""
    groups = [group for group in iam().groups.values() if any(member.name == user.name for member in group.users)]
    attached = [*_attached(user), *(policy for group in groups for policy in _attached(group))]
    return Permissions(tuple(attached), _boundary(getattr(user, "permissions_boundary_arn", None)))


def role_permissions(found: Role, session: tuple[Policy, ...] | None = None) -> Permissions:
    """Return what is attached to a role, and to a session of it."""
    return Permissions(tuple(_attached(found)), _boundary(found.permissions_boundary_arn), session)


def group_permissions(group: Group) -> Permissions:
    """Return what is attached to a group."""
    return Permissions(tuple(_attached(group)))


def _attached(entity: Any) -> Iterable[Policy]:
    for name, document in entity.policies.items():
        yield parse(document, name)
    for policy in entity.managed_policies.values():
        yield parse(default_version(policy), policy.arn)


def _boundary(arn: str | None) -> tuple[Policy, ...] | None:
    if not arn:
        return None
    policy = iam().managed_policies.get(arn)
    # A boundary whose policy was deleted allows nothing.
    return (parse(default_version(policy), arn),) if policy else ()


def default_version(policy: ManagedPolicy) -> str:
    """Return the document of a managed policy's default version."""
    return next(version.document for version in policy.versions if version.is_default)
