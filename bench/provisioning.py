# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long provisioning an estate takes, in a region without machines: Ansible, the modules, and what they wait for.

The baseline of the first two figures is the plain sequence of the same tasks: the same playbook, each module in an
interpreter of its own. Both are measured in turn, in the same region.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from figure import TOP, Figure

sys.path.insert(0, str(TOP / "tests" / "estate"))

from deployments import prepare
from nodeops_lab.paper import CLUSTER_SECONDS, DATABASE_SECONDS
from region import Estate, Region, open_region
from variants import BY_NAME

PLAIN = {"ansible_connection": "local"}
"""Before the connection that estate.yml names: starts an interpreter for each module."""


@contextmanager
def region(*options: str) -> Iterator[Region]:
    """A region of its own, for as long as it is measured in."""
    with (
        tempfile.TemporaryDirectory(prefix="nodeops-bench-") as directory,
        open_region(Path(directory), *options, name="bench-paper") as opened,
    ):
        yield opened


def seconds_of(estate: Estate, **variables: Any) -> tuple[float, int]:
    """Provision an estate; return how long it took, and how many tasks changed something."""
    began = time.monotonic()
    run = estate.provision(**variables).succeeded()
    return time.monotonic() - began, len(run.changed)


def converge_new(runs: int) -> Figure:
    """Provision estates that do not exist yet."""
    figure = Figure([], [], [])
    with region() as opened:
        for number in range(runs):
            for name, measured, variables in (("warm", figure.runs, {}), ("plain", figure.baseline, PLAIN)):
                estate = opened.estate(f"{name}-{number}", estate_network_cidr="10.90.0.0/16")
                measured.append(seconds_of(estate, **variables)[0])
    return figure


def converge_unchanged(runs: int) -> Figure:
    """Provision an estate again that is as it should be."""
    figure = Figure([], [], [])
    with region() as opened:
        estate = opened.estate("unchanged")
        estate.provision().succeeded()
        for _run in range(runs):
            for measured, variables in ((figure.runs, {}), (figure.baseline, PLAIN)):
                seconds, changed = seconds_of(estate, **variables)
                if changed:
                    raise SystemExit("playbooks/estate.yml changes an estate in which nothing has to be changed.")
                measured.append(seconds)
    return figure


def critical_path(_runs: int, pace: float = 1) -> Figure:
    """Provision an estate where creating takes as long as on AWS, beside its slowest part, the database cluster.

    It has everything that takes AWS minutes: the user interface's load balancer and that of P2P as well.
    """
    with region("--creation-pace", str(pace)) as opened:
        estate, _prepared = prepare(opened, BY_NAME["reachable"])
        seconds, _changed = seconds_of(estate)
    return Figure([seconds], [pace * (CLUSTER_SECONDS + DATABASE_SECONDS)], [])


FIGURES: dict[str, Callable[[int], Figure]] = {
    "converge_new": converge_new,
    "converge_unchanged": converge_unchanged,
    "critical_path": critical_path,
}
