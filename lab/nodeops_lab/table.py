# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of `lab status` and `lab calls`."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterable
from typing import Any

from . import process
from .api.access.comparison import Line
from .engine import address_on, container, containers_of, engine
from .faults.commands import status_lines
from .settings import LABEL_THING, REPORT_FILE, UP_FILE, LabSettings

STALE_SECONDS = 30.0


def status_text(settings: LabSettings) -> str:
    """Return what stands and what is wrong, for people."""
    state = settings.state_directory
    pid = process.running_pid(state)
    lines = [
        f"lab {settings.name}: region {settings.region} at {settings.api_url}, "
        + (f"daemon {pid}" if pid else f"THE DAEMON DOES NOT RUN (see {state / process.LOG_FILE})")
    ]
    if (state / UP_FILE).exists():
        took = json.loads((state / UP_FILE).read_text())
        lines.append(f"up took {took['seconds']} s, {took['images_seconds']} s of them for images")
    if not settings.machines:
        memory = process.memory_mib(pid) if pid else 0
        return "\n".join([*lines, f"without machines; memory of the daemon: {memory} MiB", *status_lines(state)])
    report = json.loads((state / REPORT_FILE).read_text())
    age = time.time() - report["written_at"]
    if pid and age > STALE_SECONDS:
        lines.append(f"THE REPORT IS {age:.0f} s OLD")
    if report["instances"]:
        columns = ["id", "name", "address", "public_address", "state", "host", "boot_seconds"]
        rows = [[item[column] for column in columns] for item in report["instances"]]
        lines += ["", *table(["instance", "name", "address", "public", "state", "host", "boot s"], rows)]
    if report["databases"]:
        rows = [
            [item[column] for column in ("id", "cluster", "address", "status", "role", "endpoint")]
            for item in report["databases"]
        ]
        lines += ["", *table(["database", "cluster", "address", "status", "role", "cluster endpoint"], rows)]
    if report["balancers"]:
        rows = [
            [
                item["name"],
                item["type"],
                item["state"],
                ", ".join(node["public_address"] or node["address"] for node in item["nodes"]),
                ", ".join(item["listeners"]),
                item["dns_name"],
            ]
            for item in report["balancers"]
        ]
        lines += ["", *table(["load balancer", "type", "state", "addresses", "listeners", "DNS name"], rows)]
    containers = _containers(settings)
    lines += ["", *table(["container", "kind", "state", "MiB"], containers)]
    memory = sum(row[-1] or 0 for row in containers) + (process.memory_mib(pid) if pid else 0)
    lines.append(f"memory with the daemon: {memory} MiB")
    lines += ["", f"registry: {', '.join(registry_tags(settings)) or 'does not run'}"]
    lines += [f"pending: {', '.join(report['pending']) or 'nothing'}"]
    lines += status_lines(state)
    lines += [f"error: {key}: {message}" for key, message in sorted(report["errors"].items())]
    return "\n".join(lines)


def table(heads: list[str], rows: list[list[Any]]) -> list[str]:
    """Return the lines of a table with left-aligned columns."""
    texts = [heads, *[["-" if cell is None or cell == "" else str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def calls_text(lines: Iterable[Line]) -> str:
    """Return what principals called, for people."""
    rows = [[line.principal, line.action, line.resource, line.count, line.denied or None] for line in lines]
    return "\n".join(table(["principal", "action", "resource", "calls", "denied"], rows))


def _containers(settings: LabSettings) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for found in sorted(containers_of(settings.name), key=lambda item: str(item.name)):
        memory: int | None = None
        if found.status == "running":
            # One sample: the usual two take a second for each container.
            usage = engine().api.stats(str(found.name), stream=False, one_shot=True)["memory_stats"]
            memory = (usage.get("usage", 0) - usage.get("stats", {}).get("total_inactive_file", 0)) // 2**20
        rows.append([found.name, found.labels[LABEL_THING], found.status, memory])
    return rows


def registry_tags(settings: LabSettings) -> list[str]:
    """Return repository:tag of everything in the lab's registry; empty where it does not run."""
    found = container(settings.container("registry"))
    if found is None or found.status != "running":
        return []
    url = f"http://{address_on(found, settings.fabric)}:5000/v2"
    repositories = _get(f"{url}/_catalog")["repositories"]
    return [f"{name}:{tag}" for name in repositories for tag in sorted(_get(f"{url}/{name}/tags/list")["tags"] or [])]


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        content: dict[str, Any] = json.load(answer)
    return content
