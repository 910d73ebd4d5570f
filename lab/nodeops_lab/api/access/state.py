# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the region's backends know of the resources that requests name. Called with the backends' lock held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict
from moto.core.resource_tagging import iter_taggable_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from ..backends import ACCOUNT_ID, autoscaling, ec2, iam, rds

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup
    from moto.iam.models import Role
    from moto.kms.models import Key
    from moto.secretsmanager.models import FakeSecret, ReplicaSecret
    from moto.ssm.models import Parameter

Tags = Mapping[str, str]


def key(identifier: str, region: str) -> Key | None:
    """Return a key by its id, ARN, alias or alias ARN."""
    if identifier.startswith("arn:"):
        region = identifier.split(":")[3]
    backend = kms_backends[ACCOUNT_ID][region]
    name = backend.get_alias_name(identifier)
    if name.startswith("alias/"):
        for candidate in backend.keys.values():
            if name in candidate.aliases:
                return candidate
        return None
    found = backend.keys.get(backend.get_key_id(identifier))
    return found if found is None or hasattr(found, "grants") else None


def secret(identifier: str, region: str) -> FakeSecret | ReplicaSecret | None:
    """Return a secret by its name, ARN or partial ARN."""
    return secretsmanager_backends[ACCOUNT_ID][region].secrets.get(identifier)


def parameter(name: str, region: str) -> Parameter | None:
    """Return the newest version of a parameter."""
    parameters = ssm_backends[ACCOUNT_ID][region]._parameters
    # A slash in front of a name without others is none of its own: /a and a are one parameter.
    versions = parameters.get(name) or parameters.get(name.removeprefix("/"))
    return versions[-1] if versions else None


def parameter_names(region: str) -> list[str]:
    """Return the names of the account's parameters."""
    return list(ssm_backends[ACCOUNT_ID][region]._parameters)


def role(arn: str) -> Role | None:
    """Return a role by its ARN."""
    for found in iam().roles.values():
        if found.arn == arn:
            return found
    return None


def group_of(instance_id: str, region: str) -> FakeAutoScalingGroup | None:
    """Return the Auto Scaling group that an instance belongs to."""
    for group in autoscaling(region).autoscaling_groups.values():
        if any(state.instance.id == instance_id for state in group.instance_states):
            return group
    return None


def tags(arn: str) -> Tags:
    """Return the tags of a resource; none for one that does not exist or whose tags moto does not keep."""
    service, region, resource = arn.split(":", 5)[2], arn.split(":", 5)[3], arn.split(":", 5)[5]
    if service == "ec2":
        identifier = resource.partition("/")[2]
        backend = ec2(region)
        if resource.startswith("key-pair/"):
            pair = backend.key_pairs.get(identifier)
            identifier = pair.id if pair else identifier
        return dict(backend.tags.get(identifier, {}))
    if service == "autoscaling":
        name = resource.rpartition("/")[2]
        group = autoscaling(region).autoscaling_groups.get(name)
        return pairs(group.tags) if group else {}
    if service == "iam":
        return _iam_tags(arn, resource)
    if service == "rds":
        return _rds_tags(arn, region)
    if service == "events":
        # Moto's common way knows the buses only.
        return dict(backend_of("events", region).tagger.get_tag_dict_for_resource(arn))
    return _common_tags(arn, region or "us-east-1")


def _iam_tags(arn: str, resource: str) -> Tags:
    kind, _, path = resource.partition("/")
    name = path.rpartition("/")[2]
    if kind == "role":
        found = iam().roles.get(next((key for key, item in iam().roles.items() if item.name == name), ""))
        return pairs(found.tags) if found else {}
    if kind == "instance-profile":
        profile = next((item for item in iam().instance_profiles.values() if item.name == name), None)
        return pairs(profile.tags) if profile else {}
    if kind == "policy":
        policy = iam().managed_policies.get(arn)
        return pairs(policy.get_tags()) if policy else {}
    return iam().tagger.get_tag_dict_for_resource(arn)


def _rds_tags(arn: str, region: str) -> Tags:
    kind, _, name = arn.split(":", 5)[5].partition(":")
    backend = rds(region)
    holders: dict[str, Mapping[str, Any]] = {
        "cluster": backend.clusters,
        "cluster-pg": backend.db_cluster_parameter_groups,
        "cluster-snapshot": backend.cluster_snapshots,
        "db": backend.databases,
        "pg": backend.db_parameter_groups,
        "snapshot": backend.database_snapshots,
        "subgrp": backend.subnet_groups,
    }
    found = holders.get(kind, {}).get(name)
    return pairs(found.get_tags()) if found is not None else {}


def _common_tags(arn: str, region: str) -> Tags:
    namespace = arn.split(":", 3)[2]
    for backend in iter_taggable_backends(ACCOUNT_ID, region):
        if not backend.owns_arn(arn):
            continue
        for resource in backend.iter_tagged_resources():
            if resource.arn == arn or (namespace == "logs" and arn.startswith(f"{resource.arn.removesuffix(':*')}:")):
                return resource.tags
    return {}


def pairs(items: Any) -> Tags:
    """Return tags as a mapping, however moto keeps them."""
    if isinstance(items, Mapping):
        return {str(name): str(item["Value"] if isinstance(item, Mapping) else item) for name, item in items.items()}
    return {str(item["Key"]): str(item.get("Value") or "") for item in items or []}


def backend_of(service: str, region: str) -> Any:
    """Return the backend of any service, for what moto has no common way to ask."""
    from moto.backends import get_backend

    found: BackendDict[Any] = get_backend(service)  # type: ignore[call-overload]
    return found[ACCOUNT_ID][region]
