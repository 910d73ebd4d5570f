# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What serves, watches and backs up an estate, as far as AWS tells of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import service_holdings
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.destroy import Vault
from botocore.exceptions import ClientError

ARN = "arn:aws-cn:backup:eu:123456789012:backup-vault:demo-backup"
PAGES: dict[str, dict[str, Any]] = {
    "describe_load_balancers": {"LoadBalancers": [{"LoadBalancerName": name} for name in ("demo-ui", "demo-2-ui")]},
    "describe_target_groups": {"TargetGroups": [{"TargetGroupName": name} for name in ("demo-p2p", "other")]},
    "list_certificates": {
        "CertificateSummaryList": [
            {"CertificateArn": "own", "DomainName": "chainlink.nodeops.test"},
            {"CertificateArn": "other", "DomainName": "nodeops.test"},
        ]
    },
    "describe_alarms": {"MetricAlarms": [{"AlarmName": f"{name}-cpu", "AlarmArn": name} for name in ("own", "other")]},
    "list_dashboards": {"DashboardEntries": [{"DashboardName": name} for name in ("demo-eu", "demo-eu-mine")]},
    "describe_event_subscriptions": {"EventSubscriptionsList": []},
    "list_backup_plans": {"BackupPlansList": [{"BackupPlanName": name} for name in ("demo-backup", "demo-2-backup")]},
}
TAGS = {"own": [{"Key": "nodeops:estate", "Value": "demo"}], "other": [{"Key": "nodeops:estate", "Value": "demo-2"}]}
FOUND = {
    "load balancers": ["demo-ui"],
    "target groups": ["demo-p2p"],
    "certificates": ["chainlink.nodeops.test"],
    "alarms": ["own-cpu"],
    "dashboards": ["demo-eu"],
    "topics": ["demo-alarms"],
    "snapshot policies": ["demo-snapshots"],
    "backup plans": ["demo-backup"],
}


class Aws:
    """All services in one. vault: its backups, or the code of the error."""

    def __init__(self, vault: int | str) -> None:
        self.vault = vault

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_arguments: [PAGES[operation]])

    def list_tags_for_certificate(self, CertificateArn: str) -> Any:  # noqa: N803 - boto3's name
        return {"Tags": TAGS[CertificateArn]}

    def list_tags_for_resource(self, ResourceARN: str) -> Any:  # noqa: N803
        return {"Tags": TAGS[ResourceARN]}

    def get_caller_identity(self) -> Any:
        return {"Account": "123456789012", "Arn": "arn:aws-cn:iam::123456789012:user/operator"}

    def get_topic_attributes(self, TopicArn: str) -> Any:  # noqa: N803
        if TopicArn != "arn:aws-cn:sns:eu:123456789012:demo-alarms":
            raise ClientError({"Error": {"Code": "NotFound", "Message": ""}}, "GetTopicAttributes")
        return {}

    def get_lifecycle_policies(self) -> Any:
        tags = {"nodeops:estate": "demo", "Name": "demo-snapshots"}
        return {"Policies": [{"PolicyId": "policy-1", "Tags": tags}, {"PolicyId": "policy-2", "Tags": {}}]}

    def get_lifecycle_policy(self, PolicyId: str) -> Any:  # noqa: N803
        return {"Policy": {"PolicyId": PolicyId}}

    def describe_backup_vault(self, BackupVaultName: str) -> Any:  # noqa: N803
        assert BackupVaultName == "demo-backup"
        if isinstance(self.vault, str):
            raise ClientError({"Error": {"Code": self.vault, "Message": ""}}, "DescribeBackupVault")
        return {"BackupVaultArn": ARN, "NumberOfRecoveryPoints": self.vault}


def test_look() -> None:
    aws = Aws(0)
    assert service_holdings.look(lambda _service: aws, "demo", "eu") == FOUND


# (backups in the vault or the error, the vault)
TEST_VAULT: list[tuple[int | str, Vault | None]] = [
    (0, Vault("demo-backup", "demo-backup-eu", ARN)),
    (3, Vault("demo-backup", "demo-backup-eu", ARN, backups=3)),
    ("ResourceNotFoundException", None),
    ("AccessDeniedException", None),
]


@pytest.mark.parametrize(("backups", "vault"), TEST_VAULT)
def test_vault(backups: int | str, vault: Vault | None) -> None:
    assert service_holdings.vault(Aws(backups), "demo", "eu") == vault


def test_another_error_is_passed_on() -> None:
    with pytest.raises(ClientError, match="Throttling"):
        service_holdings.vault(Aws("Throttling"), "demo", "eu")
