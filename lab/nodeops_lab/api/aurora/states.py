# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of what a cluster's or snapshot's state does not allow, in RDS's words."""

from __future__ import annotations

from moto.rds import exceptions, models

from .model import AVAILABLE


def require_state(cluster: models.DBCluster, *states: str) -> None:
    """Refuse an operation on a cluster that is in none of these states."""
    if cluster.status not in states:
        raise exceptions.InvalidDBClusterStateFault(
            f"DbCluster {cluster.db_cluster_identifier} is in {cluster._status} state "
            f"but expected it to be one of {','.join(states)}."
        )


def require_available(snapshot: models.DBClusterSnapshot) -> None:
    """Refuse to use a snapshot that does not hold its data yet."""
    if snapshot.status != AVAILABLE:
        raise exceptions.InvalidDBClusterSnapshotStateFault(
            f"The snapshot {snapshot.db_cluster_snapshot_identifier} is in {snapshot.status} state "
            f"but expected it to be one of {AVAILABLE}."
        )
