# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moto's backends, for the parts of the lab that act on what the API was told.

Hold :data:`LOCK` around everything that reads or changes a backend: every request does.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from moto.autoscaling.models import autoscaling_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.rds.models import rds_backends

if TYPE_CHECKING:
    from moto.autoscaling.models import AutoScalingBackend
    from moto.ec2.models import EC2Backend
    from moto.elbv2.models import ELBv2Backend
    from moto.iam.models import IAMBackend
    from moto.rds.models import DBCluster, RDSBackend

ACCOUNT_ID: str = DEFAULT_ACCOUNT_ID
"""The lab's one account."""

LOCK = threading.RLock()
"""Held by every request and by every thread that reads or changes a backend."""


class UnknownClusterError(LookupError):
    """No database cluster of this name exists in the region."""


def ec2(region: str) -> EC2Backend:
    """Return the EC2 backend of a region."""
    return ec2_backends[ACCOUNT_ID][region]


def autoscaling(region: str) -> AutoScalingBackend:
    """Return the Auto Scaling backend of a region."""
    return autoscaling_backends[ACCOUNT_ID][region]


def elbv2(region: str) -> ELBv2Backend:
    """Return the load balancers' backend of a region."""
    return elbv2_backends[ACCOUNT_ID][region]


def rds(region: str) -> RDSBackend:
    """Return the RDS backend of a region."""
    return rds_backends[ACCOUNT_ID][region]


def iam() -> IAMBackend:
    """Return the IAM backend, which has no region."""
    return iam_backends[ACCOUNT_ID]["aws"]


def cluster(cluster_id: str, region: str) -> DBCluster:
    """Return a database cluster.

    Raises:
        UnknownClusterError: the region has no such cluster.
    """
    clusters = rds(region).clusters
    if cluster_id not in clusters:
        raise UnknownClusterError(f"no database cluster {cluster_id} in {region}")
    return clusters[cluster_id]


def master_password(cluster_id: str, region: str = "us-east-1") -> str:
    """Return the password of a cluster's master user: the one last given, or the one in the secret that RDS manages.

    The API never returns a given one, as AWS does not; whoever runs the database needs it.

    Raises:
        UnknownClusterError: the region has no such cluster.
    """
    with LOCK:
        found = cluster(cluster_id, region)
        if found.manage_master_user_password:
            secret = found.master_user_secret
            value = secret.secretsmanager.get_secret_value(secret.secret_arn, version_id="", version_stage="")
            return str(json.loads(value["SecretString"])["password"])
        # Moto keeps the password but its property refuses to tell, as the API does.
        return found._master_user_password
