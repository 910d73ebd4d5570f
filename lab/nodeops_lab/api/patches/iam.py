# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity and Access Management."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam import models, responses
from moto.iam.exceptions import InvalidInput, NoSuchEntity

from ..access.policy import MalformedPolicyError
from ..access.simulation import Result, Simulation, UnknownSourceError, simulate
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def aws_managed_policies(_settings: Settings) -> None:
    """Know the policies that AWS manages.

    AWS: arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore and its like exist in every account
    (AWS Managed Policy Reference). Moto: NoSuchEntity, unless told by an environment variable to load its copies.
    """
    replace(models, "load_iam_aws_managed_policies", lambda: True)


@patch
def service_linked_role_names(_settings: Settings) -> None:
    """Name the service-linked roles as AWS does.

    AWS: AWSServiceRoleForRDS, AWSServiceRoleForElasticLoadBalancing and so on (the services' user guides, "Using
    service-linked roles"). Moto: takes the service's name in lower case, but for three.
    """
    names = {
        "backup": "Backup",
        "devops-guru": "DevOpsGuru",
        "elasticloadbalancing": "ElasticLoadBalancing",
        "rds": "RDS",
        "spot": "EC2Spot",
    }
    models.SERVICE_NAME_CONVERSION.update(names)


@patch
def user_permissions_boundary(_settings: Settings) -> None:
    """Give users permissions boundaries.

    AWS: PutUserPermissionsBoundary, DeleteUserPermissionsBoundary and CreateUser's PermissionsBoundary
    (API reference). Moto: knows those of roles only, and answers the former two with NotImplemented.
    """
    original = responses.IamResponse.create_user

    def known(backend: models.IAMBackend, boundary: str) -> None:
        if boundary not in backend.managed_policies:
            raise NoSuchEntity(f"Scope ARN: {boundary} does not exist or is not attachable.")

    def limit(backend: models.IAMBackend, user_name: str, boundary: str | None) -> None:
        user = backend.get_user(user_name)
        shown = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": boundary}
        vars(user).update(permissions_boundary_arn=boundary, permissions_boundary=shown if boundary else None)

    def create_user(self: responses.IamResponse) -> ActionResult:
        boundary = self._get_param("PermissionsBoundary")
        if boundary:
            known(self.backend, boundary)
        answer = original(self)
        limit(self.backend, self._get_param("UserName"), boundary)
        return answer

    def put_user_permissions_boundary(self: responses.IamResponse) -> ActionResult:
        boundary = self._get_param("PermissionsBoundary")
        known(self.backend, boundary)
        limit(self.backend, self._get_param("UserName"), boundary)
        return EmptyResult()

    def delete_user_permissions_boundary(self: responses.IamResponse) -> ActionResult:
        limit(self.backend, self._get_param("UserName"), None)
        return EmptyResult()

    replace(responses.IamResponse, "create_user", create_user)
    add(responses.IamResponse, "put_user_permissions_boundary", put_user_permissions_boundary)
    add(responses.IamResponse, "delete_user_permissions_boundary", delete_user_permissions_boundary)


@patch
def simulation(_settings: Settings) -> None:
    """Simulate policies.

    AWS: SimulatePrincipalPolicy and SimulateCustomPolicy say what policies would decide (API reference). Moto: has
    neither. They decide as the gate does.
    """

    def results(self: responses.IamResponse, source: str | None) -> ActionResult:
        context = {
            str(entry["ContextKeyName"]): tuple(str(value) for value in entry.get("ContextKeyValues", []))
            for entry in self._get_param("ContextEntries", [])
        }
        asked = Simulation(
            actions=self._get_param("ActionNames", []),
            resources=self._get_param("ResourceArns", None) or ["*"],
            source=source,
            policies=self._get_param("PolicyInputList", []),
            boundaries=self._get_param("PermissionsBoundaryPolicyInputList", []),
            resource_policy=self._get_param("ResourcePolicy"),
            caller=self._get_param("CallerArn"),
            context=context,
        )
        try:
            found = simulate(asked)
        except UnknownSourceError as error:
            raise NoSuchEntity(f"The entity with arn {error} cannot be found.") from error
        except MalformedPolicyError as error:
            raise InvalidInput(str(error)) from error
        return ActionResult({"EvaluationResults": [_evaluation(result) for result in found], "IsTruncated": False})

    def simulate_principal_policy(self: responses.IamResponse) -> ActionResult:
        return results(self, self._get_param("PolicySourceArn"))

    def simulate_custom_policy(self: responses.IamResponse) -> ActionResult:
        return results(self, None)

    add(responses.IamResponse, "simulate_principal_policy", simulate_principal_policy)
    add(responses.IamResponse, "simulate_custom_policy", simulate_custom_policy)


def _evaluation(result: Result) -> dict[str, Any]:
    statements = []
    if result.decision.policy:
        statements.append({"SourcePolicyId": result.decision.policy, "SourcePolicyType": result.source_type})
    return {
        "EvalActionName": result.action,
        "EvalResourceName": result.resource,
        "EvalDecision": result.word,
        "MatchedStatements": statements,
        "MissingContextValues": list(result.missing),
    }
