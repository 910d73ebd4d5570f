# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks AWS for what serves, watches and backs up an estate: load balancers, certificates, alarms, topics, backups.

By name where an estate gives exactly that name, by the tag nodeops:estate where names of two estates may begin alike.
Errors of boto3 are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._aws.errors import error_code
from .._services import alarms, event_subscriptions, snapshot_policy, tags
from .destroy import Vault

_ENTRANCES = ("ui", "p2p")
_TOPICS = ("alarms", "devops-guru")
#: ListCertificates leaves out all but RSA_2048 unless it is asked for them.
_KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
#: DescribeBackupVault says of a vault that does not exist that it may not be seen.
_NO_VAULT = ("ResourceNotFoundException", "AccessDeniedException")


def look(client: Callable[[str], Any], estate: str, region: str) -> dict[str, list[str]]:
    """The names of what stands, by kind in words; kinds of which nothing stands are left out."""
    found = {
        **_entrances(client("elbv2"), estate),
        "certificates": _certificates(client("acm"), estate),
        "alarms": list(alarms.read(client("cloudwatch"), estate, [])),
        "dashboards": _dashboards(client("cloudwatch"), f"{estate}-{region}"),
        "event subscriptions": list(event_subscriptions.read(client("rds"), estate, [])),
        "topics": _topics(client("sns"), client("sts"), estate, region),
        "snapshot policies": list(snapshot_policy.read(client("dlm"), estate, f"{estate}-snapshots")),
        "backup plans": _plans(client("backup"), f"{estate}-backup"),
    }
    return {kind: names for kind, names in found.items() if names}


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _entrances(elb: Any, estate: str) -> dict[str, list[str]]:
    names = {f"{estate}-{entrance}" for entrance in _ENTRANCES}
    balancers = [item["LoadBalancerName"] for item in _pages(elb, "describe_load_balancers", "LoadBalancers")]
    groups = [item["TargetGroupName"] for item in _pages(elb, "describe_target_groups", "TargetGroups")]
    return {
        "load balancers": [name for name in balancers if name in names],
        "target groups": [name for name in groups if name in names],
    }


def _certificates(acm: Any, estate: str) -> list[str]:
    listed = _pages(acm, "list_certificates", "CertificateSummaryList", Includes={"keyTypes": _KEY_TYPES})
    return [
        item["DomainName"]
        for item in listed
        if tags.of(acm.list_tags_for_certificate(CertificateArn=item["CertificateArn"])["Tags"]).get(tags.ESTATE)
        == estate
    ]


def _dashboards(cloudwatch: Any, name: str) -> list[str]:
    listed = _pages(cloudwatch, "list_dashboards", "DashboardEntries", DashboardNamePrefix=name)
    return [item["DashboardName"] for item in listed if item["DashboardName"] == name]


def _topics(sns: Any, sts: Any, estate: str, region: str) -> list[str]:
    # The operator may not list the topics of an account, so they are asked for by ARN.
    caller = sts.get_caller_identity()
    partition = caller["Arn"].split(":")[1]
    found = []
    for name in (f"{estate}-{topic}" for topic in _TOPICS):
        try:
            sns.get_topic_attributes(TopicArn=f"arn:{partition}:sns:{region}:{caller['Account']}:{name}")
        except Exception as error:
            if error_code(error) not in ("NotFound", "NotFoundException"):
                raise
        else:
            found.append(name)
    return found


def _plans(backup: Any, name: str) -> list[str]:
    plans = [item["BackupPlanName"] for item in _pages(backup, "list_backup_plans", "BackupPlansList")]
    return [plan for plan in plans if plan == name]


def vault(backup: Any, estate: str, region: str) -> Vault | None:
    """The vault of AWS Backup, with the role of the backups in it."""
    name = f"{estate}-backup"
    try:
        answer = backup.describe_backup_vault(BackupVaultName=name)
    except Exception as error:
        if error_code(error) not in _NO_VAULT:
            raise
        return None
    return Vault(
        name=name,
        role=f"{name}-{region}",
        arn=str(answer.get("BackupVaultArn", "")),
        backups=int(answer.get("NumberOfRecoveryPoints") or 0),
    )
