# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance metadata documents that the gateway's metadata server answers from."""

from __future__ import annotations

import datetime
import json
from typing import Any

from botocore.exceptions import ClientError

from ..settings import LabSettings
from .region import Instance, Region, RegionApi

ACCOUNT_ID = "123456789012"
SESSION = datetime.timedelta(hours=1)
# EC2 makes new credentials available at least five minutes before the old ones expire.
RENEWED_BEFORE_EXPIRY = datetime.timedelta(minutes=15)


class RoleCredentials:
    """Credentials of the instances' roles, from STS, renewed before they expire."""

    def __init__(self, api: RegionApi) -> None:
        self._api = api
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def of(self, instance: Instance) -> tuple[str, str] | None:
        """Return (role name, credentials document) of an instance, or None where it has no role."""
        role_arn = self._api.role_arn(instance.profile_arn) if instance.profile_arn else None
        if role_arn is None:
            return None
        now = datetime.datetime.now(datetime.UTC)
        key = (instance.instance_id, role_arn)
        known = self._known.get(key)
        if known is None or known["Expiration"] - now < RENEWED_BEFORE_EXPIRY:
            try:
                answer = self._api.sts.assume_role(
                    RoleArn=role_arn, RoleSessionName=instance.instance_id, DurationSeconds=int(SESSION.total_seconds())
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDenied":
                    raise
                return role_arn.rpartition("/")[2], json.dumps(refused(role_arn, now), indent=2)
            known = self._known[key] = {**answer["Credentials"], "LastUpdated": now}
        document = {
            "Code": "Success",
            "LastUpdated": _timestamp(known["LastUpdated"]),
            "Type": "AWS-HMAC",
            "AccessKeyId": known["AccessKeyId"],
            "SecretAccessKey": known["SecretAccessKey"],
            "Token": known["SessionToken"],
            "Expiration": _timestamp(known["Expiration"]),
        }
        return role_arn.rpartition("/")[2], json.dumps(document, indent=2)


def refused(role_arn: str, now: datetime.datetime) -> dict[str, str]:
    """Return what takes the place of the credentials of a role that does not trust EC2.

    Source: EC2 user guide, "Troubleshoot IAM roles for EC2" and re:Post, "AssumeRoleUnauthorizedAccess".
    """
    return {
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": f"EC2 cannot assume the role {role_arn.rpartition('/')[2]}.",
        "LastUpdated": _timestamp(now),
    }


def _timestamp(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(
    instance: Instance,
    region: Region,
    settings: LabSettings,
    public_key: str | None,
    user_data: str,
    credentials: tuple[str, str] | None,
) -> dict[str, Any]:
    """Return the document of one instance, as the metadata server reads it."""
    options = instance.metadata_options
    tree = {f"meta-data/{path}": value for path, value in _meta_data(instance, region, settings).items()}
    if public_key:
        tree["meta-data/public-keys/"] = f"0={instance.key_name}"
        tree["meta-data/public-keys/0/openssh-key"] = public_key
    if credentials:
        role, text = credentials
        tree["meta-data/iam/info"] = json.dumps(
            {"Code": "Success", "InstanceProfileArn": instance.profile_arn, "InstanceProfileId": "AIPALAB"}
        )
        tree[f"meta-data/iam/security-credentials/{role}"] = text
    if options.get("InstanceMetadataTags") == "enabled":
        tree |= {f"meta-data/tags/instance/{key}": value for key, value in instance.tags.items()}
    if user_data:
        tree["user-data"] = user_data
    tree["dynamic/instance-identity/document"] = json.dumps(
        {
            "accountId": ACCOUNT_ID,
            "architecture": "x86_64",
            "availabilityZone": instance.zone,
            "imageId": instance.image_id,
            "instanceId": instance.instance_id,
            "instanceType": instance.instance_type,
            "privateIp": instance.address,
            "region": settings.region,
            "version": "2017-09-30",
        },
        indent=2,
    )
    return {
        "instance_id": instance.instance_id,
        "options": {
            "http_endpoint": options.get("HttpEndpoint", "enabled"),
            "http_tokens": options.get("HttpTokens", "optional"),
            "hop_limit": int(options.get("HttpPutResponseHopLimit", 1)),
        },
        "tree": tree,
    }


def _meta_data(instance: Instance, region: Region, settings: LabSettings) -> dict[str, str]:
    mac = hardware_address(instance.address)
    name = f"{instance.short_name}.{settings.domain}"
    interface = f"network/interfaces/macs/{mac}"
    subnet, vpc = region.subnets[instance.subnet_id], region.vpcs[instance.vpc_id]
    groups = "\n".join(instance.group_names)
    values = {
        "ami-id": instance.image_id,
        "ami-launch-index": "0",
        "ami-manifest-path": "(unknown)",
        "hostname": name,
        "instance-action": "none",
        "instance-id": instance.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": instance.instance_type,
        "local-hostname": name,
        "local-ipv4": instance.address,
        "mac": mac,
        "placement/availability-zone": instance.zone,
        "placement/region": settings.region,
        "profile": "default-hvm",
        "reservation-id": instance.reservation_id,
        "security-groups": groups,
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        f"{interface}/device-number": "0",
        f"{interface}/interface-id": instance.interface_id,
        f"{interface}/local-hostname": name,
        f"{interface}/local-ipv4s": instance.address,
        f"{interface}/mac": mac,
        f"{interface}/owner-id": ACCOUNT_ID,
        f"{interface}/security-group-ids": "\n".join(instance.group_ids),
        f"{interface}/security-groups": groups,
        f"{interface}/subnet-id": instance.subnet_id,
        f"{interface}/subnet-ipv4-cidr-block": subnet.cidr,
        f"{interface}/vpc-id": instance.vpc_id,
        f"{interface}/vpc-ipv4-cidr-block": vpc.cidr,
        f"{interface}/vpc-ipv4-cidr-blocks": vpc.cidr,
    }
    if instance.public_address:
        values["public-ipv4"] = values[f"{interface}/public-ipv4s"] = instance.public_address
    return values


def hardware_address(address: str) -> str:
    """Return the hardware address that the engine gives a container with this address."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
