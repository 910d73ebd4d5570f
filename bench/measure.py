# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the figures that the README tells, prints them as a table and writes them to results.json."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import provisioning
from figure import TOP, Figure

sys.path.insert(0, str(TOP / "tests" / "end_to_end"))

from nodes import active_and_standby, empty_database, seconds_to_start, wait_for_replacement, wait_for_role
from outage import HealthClient
from support import Estate, open_estate

RESULTS = TOP / "bench" / "results.json"
OLD, NEW = "2.29.0", "2.46.0"
RELEASE = {"registry": "public.ecr.aws", "repository": "chainlink/chainlink"}
LEASE_SECONDS, POLL_SECONDS = 10.0, 1.1

# The Quick Start's documented procedure, with what it did by hand done by the unit: stop and remove; then, with nobody
# serving, pull; then render the files anew and run. The region's releases share their layers, which real ones do not
# (each brings the node's program and its own system), so the old image goes before the pull.
DOCUMENTED = (
    "systemctl stop chainlink.service && docker image prune --all --force >/dev/null"
    " && docker pull --quiet {reference} && systemctl start chainlink.service"
)


def settle(estate: Estate) -> tuple[str, str]:
    """Wait until one node is active and the other stands by; return both."""
    deadline = time.monotonic() + 180
    while True:
        try:
            return active_and_standby(estate)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(2)


def outage_of(estate: Estate, happen: Callable[[str], object]) -> tuple[float, float]:
    """Let something happen to the active node; return how long nobody served, and the next active's own start."""
    active, standby = settle(estate)
    with HealthClient(estate) as client:
        happen(active)
        wait_for_role(estate, standby, "active", timeout=120)
    return client.longest, seconds_to_start(estate, standby)


def kill(estate: Estate, active: str) -> None:
    estate.host(active).check_output("docker kill --signal KILL chainlink")


def stop(estate: Estate, active: str) -> None:
    estate.host(active).check_output("systemctl stop chainlink.service")


def failover_container(estate: Estate, runs: int) -> Figure:
    measured = [outage_of(estate, lambda active: kill(estate, active)) for _run in range(runs)]
    limits = [LEASE_SECONDS + POLL_SECONDS + start for _outage, start in measured]
    return Figure([outage for outage, _start in measured], [], limits)


def terminate(estate: Estate, active: str) -> None:
    estate.client("ec2").terminate_instances(InstanceIds=[active])


def failover_instance(estate: Estate, runs: int) -> Figure:
    figure = Figure([], [], [])
    for _run in range(runs):
        active, standby = settle(estate)
        outage, start = outage_of(estate, lambda active: terminate(estate, active))
        figure.runs.append(outage)
        figure.limits.append(LEASE_SECONDS + POLL_SECONDS + start)
        wait_for_replacement(estate, active, standby)
    return figure


def replacement(estate: Estate, runs: int) -> Figure:
    """From the termination of the active's instance until another stands by, with nobody's help."""
    figure = Figure([], [], [])
    for _run in range(runs):
        active, standby = settle(estate)
        began = time.monotonic()
        terminate(estate, active)
        wait_for_replacement(estate, active, standby)
        figure.runs.append(time.monotonic() - began)
    return figure


def handover(estate: Estate, runs: int) -> Figure:
    figure = Figure([], [], [])
    for _run in range(runs):
        active, _standby = settle(estate)
        outage, start = outage_of(estate, lambda active: stop(estate, active))
        estate.host(active).check_output("systemctl start chainlink.service")
        figure.runs.append(outage)
        figure.limits.append(POLL_SECONDS + start)
        figure.baseline.append(outage_of(estate, lambda active: kill(estate, active))[0])
    return figure


def with_release(estate: Estate, tag: str) -> None:
    """Give the estate an empty database and a release."""
    empty_database(estate)
    answer = estate.playbook(
        "site.yml", chainlink_release={**RELEASE, "tag": tag}, estate_record_allow_release_change=True
    )
    if answer.returncode != 0:
        raise SystemExit(f"site.yml failed:\n{answer.stdout[-3000:]}")
    for host in estate.nodes().values():
        host.check_output(f"docker image rm --force {RELEASE['registry']}/{RELEASE['repository']}:{NEW} || true")


def documented_upgrade(estate: Estate) -> float:
    """The outage of the documented procedure, on a single node that runs the old release."""
    active, standby = settle(estate)
    stop(estate, standby)
    ssm = estate.client("ssm")
    record = {**estate.record, "release": {**RELEASE, "tag": NEW, "digest": None}}
    ssm.put_parameter(Name=f"/nodeops/{estate.name}/record", Value=json.dumps(record), Overwrite=True)
    host = estate.host(active)
    with HealthClient(estate) as client:
        host.check_output(DOCUMENTED.format(reference=f"{RELEASE['registry']}/{RELEASE['repository']}:{NEW}"))
        wait_for_role(estate, active, "active", timeout=180)
    return client.longest


def upgrade_outage(estate: Estate, runs: int) -> Figure:
    figure = Figure([], [], [])
    for _run in range(runs):
        with_release(estate, OLD)
        figure.baseline.append(documented_upgrade(estate))
        with_release(estate, OLD)
        _active, standby = settle(estate)
        with HealthClient(estate) as client:
            answer = estate.playbook("playbooks/upgrade.yml", estate_upgrade_release=NEW)
        if answer.returncode != 0:
            raise SystemExit(f"upgrade.yml failed:\n{answer.stdout[-3000:]}")
        figure.runs.append(client.longest)
        figure.limits.append(POLL_SECONDS + seconds_to_start(estate, standby))
    return figure


def patch_outage(estate: Estate, _runs: int) -> Figure:
    script = (TOP / "tests/end_to_end/publish_advisory.sh").read_text(encoding="utf-8")
    settle(estate)
    for role in ("bastion", "node"):
        for instance in estate.instances(role):
            estate.run_on(instance["InstanceId"], ["sh"], text=script)
    with HealthClient(estate) as client:
        answer = estate.playbook("playbooks/patch.yml")
    if answer.returncode != 0:
        raise SystemExit(f"patch.yml failed:\n{answer.stdout[-3000:]}")
    return Figure([client.longest], [], [])


FIGURES: dict[str, Callable[[Estate, int], Figure]] = {
    "failover_container": failover_container,
    "failover_instance": failover_instance,
    "handover": handover,
    "upgrade_outage": upgrade_outage,
    "patch_outage": patch_outage,
    "replacement": replacement,
}


def table(results: dict[str, dict[str, Any]]) -> str:
    columns = ("value", "unit", "runs", "baseline", "ratio", "limit", "over_limit")
    lines = ["  ".join(["figure".ljust(20), *(name.rjust(10) for name in columns)])]
    for name, figure in sorted(results.items()):
        lines.append("  ".join([name.ljust(20), *(str(figure.get(column, "")).rjust(10) for column in columns)]))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted([*FIGURES, *provisioning.FIGURES]), help="measure this figure alone")
    parser.add_argument("--runs", type=int, default=3, help="runs of what can be run often (default: %(default)s)")
    arguments = parser.parse_args()
    chosen = [arguments.only] if arguments.only else [*FIGURES, *provisioning.FIGURES]
    estate = open_estate() if set(chosen) & set(FIGURES) else None
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in chosen:
        print(f"==> Measuring {name}", flush=True)
        if name in provisioning.FIGURES:
            figure = provisioning.FIGURES[name](arguments.runs)
        else:
            assert estate is not None
            figure = FIGURES[name](estate, arguments.runs)
        results[name] = figure.as_dict()
        RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
