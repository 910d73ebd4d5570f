# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: launch templates as stored; what a launch makes of them is in ec2_instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models import launch_templates
from moto.ec2.responses import launch_templates as responses
from moto.ec2.utils import parse_user_data

from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def own_tags(_settings: Settings) -> None:
    """Keep a launch template's own tags out of its data.

    AWS: tags for the template itself are not part of LaunchTemplateData (API reference, CreateLaunchTemplate).
    Moto: adds them to LaunchTemplateData.TagSpecifications, so amazon.aws's ec2_launch_template makes a new
    version on every run.
    """
    original = launch_templates.LaunchTemplateBackend.create_launch_template

    def create_launch_template(
        self: launch_templates.LaunchTemplateBackend,
        name: str,
        description: str,
        template_data: dict[str, Any],
        tag_spec: dict[str, Any],
    ) -> launch_templates.LaunchTemplate:
        specifications = [
            specification
            for specification in template_data.get("TagSpecifications", [])
            if specification.get("ResourceType") != "launch-template"
        ]
        template_data.pop("TagSpecifications", None)
        if specifications:
            template_data["TagSpecifications"] = specifications
        return original(self, name, description, template_data, tag_spec)

    replace(launch_templates.LaunchTemplateBackend, "create_launch_template", create_launch_template)


@patch
def version_user_data(_settings: Settings) -> None:
    """Read the user data of a template's later versions as that of its first.

    AWS: instances of any version get its user data. Moto: parses it for the first version only and then fails
    with an AssertionError when a group launches an instance from a later one.
    """
    original = launch_templates.LaunchTemplate.create_version

    def create_version(
        self: launch_templates.LaunchTemplate, data: dict[str, Any], description: str
    ) -> launch_templates.LaunchTemplateVersion:
        if isinstance(data.get("UserData"), str | bytes):
            data["UserData"] = parse_user_data(data["UserData"])
        return original(self, data, description)

    replace(launch_templates.LaunchTemplate, "create_version", create_version)


@patch
def source_version(_settings: Settings) -> None:
    """Base a new version on the version that the request names.

    AWS: "The new version inherits the same launch parameters as the source version, except for parameters that you
    specify" (API reference, CreateLaunchTemplateVersion.SourceVersion). Moto: ignores it.
    """
    original = responses.LaunchTemplates.create_launch_template_version

    def create_launch_template_version(self: responses.LaunchTemplates) -> ActionResult:
        source = self._get_param("SourceVersion")
        if source is None:
            return original(self)
        template_id = self._get_param("LaunchTemplateId")
        name = self._get_param("LaunchTemplateName")
        template = (
            self.ec2_backend.get_launch_template(template_id)
            if template_id
            else self.ec2_backend.get_launch_template_by_name(name)
        )
        inherited = template.get_version(source).data
        create_version = template.create_version
        template.create_version = lambda data, description: create_version({**inherited, **data}, description)
        try:
            return original(self)
        finally:
            del template.create_version

    replace(responses.LaunchTemplates, "create_launch_template_version", create_launch_template_version)


@patch
def deleted_versions(_settings: Settings) -> None:
    """Delete versions of a template.

    AWS: DeleteLaunchTemplateVersions deletes any but the default one, and answers for each (API reference; which of its
    codes stands for the default one is not documented); numbers go on counting (EC2 user guide, "Manage launch template
    versions"). Moto: does not have it, and finds versions by their place.
    """
    create = launch_templates.LaunchTemplate.create_version
    counted: WeakKeyDictionary[launch_templates.LaunchTemplate, int] = WeakKeyDictionary()

    def create_version(
        self: launch_templates.LaunchTemplate, data: dict[str, Any], description: str
    ) -> launch_templates.LaunchTemplateVersion:
        version = create(self, data, description)
        version.number = counted[self] = counted.get(self, 0) + 1
        return version

    def version_of(self: launch_templates.LaunchTemplate, number: object) -> launch_templates.LaunchTemplateVersion:
        wanted = str(number).lower()
        if wanted == "$latest":
            return self.versions[-1]
        if wanted == "$default":
            wanted = str(self.default_version_number)
        for version in self.versions:
            if str(version.number) == wanted:
                return version
        raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=wanted)

    def default_version(self: launch_templates.LaunchTemplate) -> launch_templates.LaunchTemplateVersion:
        return version_of(self, "$default")

    def delete_launch_template_versions(self: responses.LaunchTemplates) -> ActionResult:
        template_id = self._get_param("LaunchTemplateId")
        template = (
            self.ec2_backend.get_launch_template(template_id)
            if template_id
            else self.ec2_backend.get_launch_template_by_name(self._get_param("LaunchTemplateName"))
        )
        self.error_on_dryrun()
        deleted, kept = [], []
        for number in self._get_param("Versions", []):
            item: dict[str, Any] = {
                "LaunchTemplateId": template.id,
                "LaunchTemplateName": template.name,
                "VersionNumber": int(number),
            }
            found = [version for version in template.versions if str(version.number) == str(number)]
            if not found:
                code, message = "launchTemplateVersionDoesNotExist", f"Version {number} does not exist."
                kept.append({**item, "ResponseError": {"Code": code, "Message": message}})
            elif template.is_default(found[0]):
                message = "You cannot delete the default version of a launch template."
                kept.append({**item, "ResponseError": {"Code": "unexpectedError", "Message": message}})
            else:
                template.versions.remove(found[0])
                deleted.append(item)
        return ActionResult(
            {
                "SuccessfullyDeletedLaunchTemplateVersions": deleted,
                "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
            }
        )

    replace(launch_templates.LaunchTemplate, "create_version", create_version)
    replace(launch_templates.LaunchTemplate, "get_version", version_of)
    replace(launch_templates.LaunchTemplate, "default_version", default_version)
    add(responses.LaunchTemplates, "delete_launch_template_versions", delete_launch_template_versions)
