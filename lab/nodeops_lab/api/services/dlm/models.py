# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle policies."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.utils import utcnow

from ...errors import NotEmulatedError


class InvalidRequestError(ServiceException):
    """The request makes no sense."""

    code = "InvalidRequestException"


class PolicyNotFoundError(ServiceException):
    """There is no such policy."""

    code = "ResourceNotFoundException"


def checked(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a policy with the values that AWS fills in.

    Raises:
        InvalidRequestError: something that the kind of policy needs is missing.
        NotEmulatedError: a default policy.
    """
    filled = {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", "PolicyLanguage": "STANDARD", **details}
    if filled["PolicyLanguage"] != "STANDARD":
        raise NotEmulatedError("default policies of the Data Lifecycle Manager")
    if filled["PolicyType"] == "EVENT_BASED_POLICY":
        needed: tuple[str, ...] = ("EventSource", "Actions")
    else:
        needed = ("ResourceTypes", "TargetTags", "Schedules")
        filled.setdefault("ResourceLocations", ["CLOUD"])
    missing = [name for name in needed if not filled.get(name)]
    if missing:
        raise InvalidRequestError(f"Required parameters are missing: {', '.join(missing)}")
    for schedule in filled.get("Schedules") or []:
        create, retain = schedule.get("CreateRule") or {}, schedule.get("RetainRule") or {}
        by_interval = "Interval" in create and "IntervalUnit" in create
        if by_interval == ("CronExpression" in create):
            raise InvalidRequestError("A schedule needs either Interval and IntervalUnit or CronExpression")
        if ("Count" in retain) == ("Interval" in retain and "IntervalUnit" in retain):
            raise InvalidRequestError("A schedule needs a RetainRule of either Count or Interval and IntervalUnit")
    return filled


class LifecyclePolicy(CloudFormationModel):
    """A policy, as GetLifecyclePolicy shows it."""

    def __init__(self, backend: DLMBackend, request: Mapping[str, Any]) -> None:
        self.policy_id = f"policy-0{secrets.token_hex(8)}"
        self.policy_arn = (
            f"arn:{backend.partition}:dlm:{backend.region_name}:{backend.account_id}:policy/{self.policy_id}"
        )
        self.date_created = self.date_modified = utcnow()
        self.description = request["Description"]
        self.state = request["State"]
        self.execution_role_arn = request["ExecutionRoleArn"]
        self.policy_details = checked(request["PolicyDetails"])
        self.tags = dict(request.get("Tags") or {})

    def change(self, request: Mapping[str, Any]) -> None:
        """Take over what a request for a change holds."""
        details = checked(request["PolicyDetails"]) if request.get("PolicyDetails") else self.policy_details
        self.policy_details = details
        self.description = request.get("Description") or self.description
        self.state = request.get("State") or self.state
        self.execution_role_arn = request.get("ExecutionRoleArn") or self.execution_role_arn
        self.date_modified = utcnow()

    def summary(self) -> dict[str, Any]:
        """Return it as GetLifecyclePolicies shows it."""
        return {
            "PolicyId": self.policy_id,
            "Description": self.description,
            "State": self.state,
            "Tags": self.tags,
            "PolicyType": self.policy_details["PolicyType"],
            "DefaultPolicy": False,
        }

    def described(self) -> dict[str, Any]:
        """Return it as GetLifecyclePolicy shows it."""
        return {
            "PolicyId": self.policy_id,
            "Description": self.description,
            "State": self.state,
            "StatusMessage": self.state,
            "ExecutionRoleArn": self.execution_role_arn,
            "DateCreated": self.date_created,
            "DateModified": self.date_modified,
            "PolicyDetails": self.policy_details,
            "Tags": self.tags,
            "PolicyArn": self.policy_arn,
            "DefaultPolicy": False,
        }

    # CloudFormation: AWS::DLM::LifecyclePolicy

    @property
    def physical_resource_id(self) -> str:
        """What Ref returns."""
        return self.policy_id

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return that policies have no name."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in templates."""
        return "AWS::DLM::LifecyclePolicy"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether Fn::GetAtt knows an attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute for Fn::GetAtt."""
        if attribute_name != "Arn":
            raise InvalidRequestError(f"no attribute {attribute_name}")
        return self.policy_arn

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> LifecyclePolicy:
        """Create the policy of a template."""
        return dlm_backends[account_id][region_name].create(_from_template(cloudformation_json["Properties"]))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: LifecyclePolicy,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> LifecyclePolicy:
        """Change the policy; it stays the same one."""
        request = _from_template(cloudformation_json["Properties"])
        original_resource.change(request)
        original_resource.tags = dict(request["Tags"])
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Delete the policy."""
        dlm_backends[account_id][region_name].delete(resource_name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it with its stack."""
        dlm_backends[account_id][region_name].delete(self.policy_id)

    def is_created(self) -> bool:
        """Return that it is there as soon as it is made."""
        return True


def _from_template(properties: Mapping[str, Any]) -> dict[str, Any]:
    missing = [
        name for name in ("Description", "ExecutionRoleArn", "PolicyDetails", "State") if not properties.get(name)
    ]
    if missing:
        raise InvalidRequestError(f"Required parameters are missing: {', '.join(missing)}")
    return {**properties, "Tags": {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}}


class DLMBackend(BaseBackend, TaggableResourcesMixin):
    """A region's policies."""

    SERVICE_NAMESPACE = "dlm"

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.policies: dict[str, LifecyclePolicy] = {}

    def create(self, request: Mapping[str, Any]) -> LifecyclePolicy:
        """Create a policy."""
        policy = LifecyclePolicy(self, request)
        self.policies[policy.policy_id] = policy
        return policy

    def get(self, policy_id: str) -> LifecyclePolicy:
        """Return a policy.

        Raises:
            PolicyNotFoundError: there is none.
        """
        if policy_id not in self.policies:
            raise PolicyNotFoundError(f"Policies do not exist: [{policy_id}]")
        return self.policies[policy_id]

    def by_arn(self, arn: str) -> LifecyclePolicy:
        """Return a policy by its ARN."""
        return self.get(arn.rpartition("/")[2])

    def delete(self, policy_id: str) -> None:
        """Delete a policy."""
        del self.policies[self.get(policy_id).policy_id]

    def select(
        self, ids: Iterable[str], state: str | None, types: Iterable[str], tags: Iterable[str]
    ) -> list[LifecyclePolicy]:
        """Return the policies that all conditions hold for; tags are written ``key=value``."""
        found = [self.get(policy_id) for policy_id in ids] or list(self.policies.values())
        wanted_types, wanted_tags = set(types), set(tags)

        def holds(policy: LifecyclePolicy) -> bool:
            details = policy.policy_details
            targets = {f"{tag['Key']}={tag['Value']}" for tag in details.get("TargetTags") or []}
            return (
                (not state or policy.state == state)
                and (not wanted_types or bool(wanted_types & set(details.get("ResourceTypes") or [])))
                and (not wanted_tags or bool(wanted_tags & targets))
            )

        return [policy for policy in found if holds(policy)]

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield what the Resource Groups Tagging API knows of."""
        for policy in self.policies.values():
            yield TaggedResource(policy.policy_arn, policy.tags, "dlm:policy")

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags."""
        self.by_arn(arn).tags.update(tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Remove tags."""
        policy = self.by_arn(arn)
        policy.tags = {key: value for key, value in policy.tags.items() if key not in tag_keys}


dlm_backends = BackendDict(DLMBackend, "dlm")
