# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notification channels, the resource collection, integrations."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import sns_backends

from ...errors import NotEmulatedError

CHANNELS = 2
"""How many channels a region has at most (user guide, "Quotas")."""
KEY_PREFIX = "devops-guru-"
"""What a tag key must begin with, in any case (API reference, TagCollection.AppBoundaryKey)."""
INTEGRATION = {
    "OpsCenter": {"OptInStatus": "DISABLED"},
    "LogsAnomalyDetection": {"OptInStatus": "DISABLED"},
    "KMSServerSideEncryption": {"OptInStatus": "ENABLED", "Type": "AWS_OWNED_KMS_KEY"},
}


class NothingFoundError(ServiceException):
    """There is no such channel, topic or collection."""

    code = "ResourceNotFoundException"

    def __init__(self, message: str, identifier: str, kind: str) -> None:
        super().__init__(message)
        self.resource_id = identifier
        self.resource_type = kind


class InvalidInputError(ServiceException):
    """The request makes no sense."""

    code = "ValidationException"


class ConflictError(ServiceException):
    """It is there already."""

    code = "ConflictException"

    def __init__(self, message: str, identifier: str, kind: str) -> None:
        super().__init__(message)
        self.resource_id = identifier
        self.resource_type = kind


class QuotaError(ServiceException):
    """There are as many as there may be."""

    code = "ServiceQuotaExceededException"


class DevOpsGuruBackend(BaseBackend):
    """A region's settings."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.channels: dict[str, dict[str, Any]] = {}
        self.stacks: list[str] = []
        self.tags: dict[str, list[str]] = {}
        """Values by the one key that there may be."""
        self.integration: dict[str, Any] = copy.deepcopy(INTEGRATION)

    def add_channel(self, config: dict[str, Any]) -> str:
        """Add a notification channel and return its id."""
        topic_arn = str(config["Sns"].get("TopicArn") or "")
        try:
            sns_backends[self.account_id][self.region_name].get_topic(topic_arn)
        except (TopicNotFound, ValueError):
            raise NothingFoundError("The SNS topic does not exist.", topic_arn, "SNS_TOPIC") from None
        if any(channel["Sns"]["TopicArn"] == topic_arn for channel in self.channels.values()):
            raise ConflictError("The topic is a notification channel already.", topic_arn, "NOTIFICATION_CHANNEL")
        if len(self.channels) >= CHANNELS:
            raise QuotaError(f"There are {CHANNELS} notification channels already.")
        identifier = str(uuid.uuid4())
        self.channels[identifier] = config
        return identifier

    def remove_channel(self, identifier: str) -> None:
        """Remove a notification channel."""
        if identifier not in self.channels:
            raise NothingFoundError("The channel does not exist.", identifier, "NOTIFICATION_CHANNEL")
        del self.channels[identifier]

    def update_collection(self, action: str, collection: Mapping[str, Any]) -> None:
        """Add to the resource collection, or remove from it: stacks, or values of one tag key."""
        stacks = list((collection.get("CloudFormation") or {}).get("StackNames") or [])
        tags = list(collection.get("Tags") or [])
        if bool(stacks) == bool(tags):
            raise InvalidInputError("The collection must be either of CloudFormation stacks or of tags.")
        for tag in tags:
            if not tag["AppBoundaryKey"].lower().startswith(KEY_PREFIX):
                raise InvalidInputError(f"The tag key must begin with {KEY_PREFIX}")
        if action == "ADD" and ((stacks and self.tags) or (tags and self.stacks)):
            raise NotEmulatedError("a change of DevOps Guru's collection from stacks to tags or back")
        if action == "ADD":
            self.stacks += [name for name in stacks if name not in self.stacks]
            for tag in tags:
                known = self.tags.setdefault(tag["AppBoundaryKey"], [])
                known += [value for value in tag["TagValues"] if value not in known]
            return
        self.stacks = [name for name in self.stacks if name not in stacks]
        for tag in tags:
            kept = [value for value in self.tags.get(tag["AppBoundaryKey"], []) if value not in tag["TagValues"]]
            self.tags.pop(tag["AppBoundaryKey"], None)
            if kept:
                self.tags[tag["AppBoundaryKey"]] = kept

    def collection(self, kind: str) -> dict[str, Any]:
        """Return the resource collection of a kind."""
        if kind == "AWS_CLOUD_FORMATION" and self.stacks:
            return {"CloudFormation": {"StackNames": list(self.stacks)}}
        if kind == "AWS_TAGS" and self.tags:
            return {"Tags": [{"AppBoundaryKey": key, "TagValues": list(values)} for key, values in self.tags.items()]}
        raise NothingFoundError("There is no such resource collection.", kind, "RESOURCE_COLLECTION")

    def integrate(self, changes: Mapping[str, Any]) -> None:
        """Change the integrations with other services."""
        for name, settings in changes.items():
            if settings:
                self.integration[name] = {**self.integration[name], **settings}


class NotificationChannel(CloudFormationModel):
    """CloudFormation: AWS::DevOpsGuru::NotificationChannel. Every change replaces it."""

    def __init__(self, identifier: str) -> None:
        self.physical_resource_id = identifier

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return that channels have no name."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in templates."""
        return "AWS::DevOpsGuru::NotificationChannel"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether Fn::GetAtt knows an attribute."""
        return attr == "Id"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute for Fn::GetAtt."""
        if attribute_name != "Id":
            raise InvalidInputError(f"no attribute {attribute_name}")
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> NotificationChannel:
        """Add the channel of a template."""
        config = cloudformation_json["Properties"]["Config"]
        return cls(devopsguru_backends[account_id][region_name].add_channel(config))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: NotificationChannel,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> NotificationChannel:
        """Replace the channel."""
        devopsguru_backends[account_id][region_name].remove_channel(original_resource.physical_resource_id)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Remove the channel."""
        devopsguru_backends[account_id][region_name].remove_channel(resource_name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Remove it with its stack."""
        devopsguru_backends[account_id][region_name].remove_channel(self.physical_resource_id)

    def is_created(self) -> bool:
        """Return that it is there as soon as it is made."""
        return True


class ResourceCollection(CloudFormationModel):
    """CloudFormation: AWS::DevOpsGuru::ResourceCollection. There is one per region, known by its type."""

    def __init__(self, filters: Mapping[str, Any]) -> None:
        self.filters = filters
        self.physical_resource_id = "AWS_TAGS" if filters.get("Tags") else "AWS_CLOUD_FORMATION"

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return that collections have no name."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in templates."""
        return "AWS::DevOpsGuru::ResourceCollection"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether Fn::GetAtt knows an attribute."""
        return attr == "ResourceCollectionType"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute for Fn::GetAtt."""
        if attribute_name != "ResourceCollectionType":
            raise InvalidInputError(f"no attribute {attribute_name}")
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> ResourceCollection:
        """Set the collection of a template."""
        filters = cloudformation_json["Properties"]["ResourceCollectionFilter"]
        backend = devopsguru_backends[account_id][region_name]
        backend.update_collection("ADD", filters)
        return cls(filters)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: ResourceCollection,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> ResourceCollection:
        """Set it to what the template says now."""
        devopsguru_backends[account_id][region_name].update_collection("REMOVE", original_resource.filters)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Remove from the collection what the template had put there."""
        filters = cloudformation_json["Properties"]["ResourceCollectionFilter"]
        devopsguru_backends[account_id][region_name].update_collection("REMOVE", filters)

    def delete(self, account_id: str, region_name: str) -> None:
        """Remove with the stack what it had put there."""
        devopsguru_backends[account_id][region_name].update_collection("REMOVE", self.filters)

    def is_created(self) -> bool:
        """Return that it is there as soon as it is made."""
        return True


devopsguru_backends = BackendDict(DevOpsGuruBackend, "devops-guru")
