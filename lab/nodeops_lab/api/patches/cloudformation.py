# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import ValidationError

from ..errors import NotEmulatedError
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def unknown_types(_settings: Settings) -> None:
    """Refuse a template with a type that is not emulated.

    AWS: creates the resource, or refuses the template. Moto: leaves it out, and the stack is complete nevertheless.
    (The types of the services that the lab adds are known to moto, which asks for the subclasses of its model.)
    """
    original = parsing.resource_class_from_type

    def resource_class_from_type(resource_type: str) -> Any:
        known = original(resource_type)
        if known is None and resource_type not in parsing.NULL_MODELS:
            raise NotEmulatedError(f"the resource type {resource_type}")
        return known

    replace(parsing, "resource_class_from_type", resource_class_from_type)


@patch
def unchanged_stack(_settings: Settings) -> None:
    """Say that there is nothing to update.

    AWS: UpdateStack with the same template, parameters and tags is a ValidationError, "No updates are to be performed."
    (API reference), by which amazon.aws's cloudformation knows that nothing changed. Moto: says so only of stacks with
    parameters, and only if the template is the same text.
    """
    original = models.CloudFormationBackend.update_stack

    def update_stack(
        self: models.CloudFormationBackend,
        name: str,
        template: str,
        role_arn: str | None,
        parameters: list[dict[str, Any]],
        tags: dict[str, str] | None,
    ) -> models.Stack:
        stack = self.get_stack(name)
        # Moto notes things in the template that it has read, so both are read anew.
        same = stack.parse_template(str(stack.template)) == stack.parse_template(template)
        wanted = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
        if same and stack.has_parameters(wanted) and tags in (None, stack.tags):
            raise ValidationError(name, message="No updates are to be performed.")
        return original(self, name, template, role_arn, parameters, tags)

    replace(models.CloudFormationBackend, "update_stack", update_stack)
