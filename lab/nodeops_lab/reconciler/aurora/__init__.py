# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora clusters as PostgreSQL servers: one container per instance, one volume per cluster and per snapshot.

Aurora's instances share one storage. Here each has data of its own, the readers' following the writer's by streaming
replication through sockets in the cluster's volume, which no security group is between, as none is in AWS. At a
failover the reader first replays what the old writer had written (lab/images/database/promote.py), so that nothing
acknowledged is lost, as nothing is in the shared storage.
"""

from __future__ import annotations
