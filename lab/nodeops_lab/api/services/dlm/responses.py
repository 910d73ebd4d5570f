# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service answers."""

from __future__ import annotations

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from ...errors import NotEmulatedError
from .models import DLMBackend, dlm_backends


class DLMResponse(BaseResponse):
    """The operations."""

    def __init__(self) -> None:
        super().__init__(service_name="dlm")
        self.automated_parameter_parsing = True

    @property
    def _backend(self) -> DLMBackend:
        return dlm_backends[self.current_account][self.region]

    def create_lifecycle_policy(self) -> ActionResult:
        """CreateLifecyclePolicy."""
        if self._get_param("DefaultPolicy"):
            raise NotEmulatedError("default policies of the Data Lifecycle Manager")
        names = ("ExecutionRoleArn", "Description", "State", "PolicyDetails", "Tags")
        policy = self._backend.create({name: self._get_param(name) for name in names})
        return ActionResult({"PolicyId": policy.policy_id})

    def get_lifecycle_policies(self) -> ActionResult:
        """GetLifecyclePolicies."""
        if self._get_param("TagsToAdd"):
            raise NotEmulatedError("GetLifecyclePolicies by the tags that policies add")
        if self._get_param("DefaultPolicyType") not in (None, "ALL"):
            return ActionResult({"Policies": []})
        found = self._backend.select(
            self._get_param("PolicyIds", []),
            self._get_param("State"),
            self._get_param("ResourceTypes", []),
            self._get_param("TargetTags", []),
        )
        return ActionResult({"Policies": [policy.summary() for policy in found]})

    def get_lifecycle_policy(self) -> ActionResult:
        """GetLifecyclePolicy."""
        return ActionResult({"Policy": self._backend.get(self._get_param("PolicyId")).described()})

    def update_lifecycle_policy(self) -> EmptyResult:
        """UpdateLifecyclePolicy."""
        names = ("ExecutionRoleArn", "Description", "State", "PolicyDetails")
        policy = self._backend.get(self._get_param("PolicyId"))
        policy.change({name: self._get_param(name) for name in names})
        return EmptyResult()

    def delete_lifecycle_policy(self) -> EmptyResult:
        """DeleteLifecyclePolicy."""
        self._backend.delete(self._get_param("PolicyId"))
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource."""
        return ActionResult({"Tags": self._backend.by_arn(self._get_param("ResourceArn")).tags})

    def tag_resource(self) -> EmptyResult:
        """TagResource."""
        self._backend.tag_resource(self._get_param("ResourceArn"), dict(self._get_param("Tags")))
        return EmptyResult()

    def untag_resource(self) -> EmptyResult:
        """UntagResource."""
        self._backend.untag_resource(self._get_param("ResourceArn"), list(self._get_param("TagKeys")))
        return EmptyResult()
