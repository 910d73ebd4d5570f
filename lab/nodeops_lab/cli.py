# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `lab` command."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import inbox, lifecycle
from .api.access.comparison import summary
from .api.access.record import CALLS_FILE, read
from .errors import LabError
from .faults import commands as fault_commands
from .settings import REPORT_FILE, LabSettings
from .table import calls_text, status_text

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULTS = LabSettings()


def main() -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="An emulated AWS region with real hosts.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = _command(commands, "up", "make a lab; does nothing if it stands", _up)
    up.add_argument("--vpc-cidr", default=DEFAULTS.vpc_cidr, help="network of the inventory's estate (%(default)s)")
    up.add_argument("--public-cidr", default=DEFAULTS.public_cidr, help="block of public addresses (%(default)s)")
    up.add_argument("--api-port", type=int, default=0, help="port of the API on 127.0.0.1 (0: any free one)")
    up.add_argument("--region", default=DEFAULTS.region, help="region that it imitates (%(default)s)")
    up.add_argument("--client-address", default=DEFAULTS.client_address, help="the operator's address (%(default)s)")

    up.add_argument(
        "--without-machines",
        dest="machines",
        action="store_false",
        help="the API alone: hosts, databases and load balancers in name only; needs no Docker Engine",
    )
    up.add_argument(
        "--creation-pace",
        type=float,
        default=DEFAULTS.creation_pace,
        metavar="SHARE",
        help="without machines: let creating take this share of the time that it takes on AWS (%(default)s: none)",
    )
    up.add_argument(
        "--database-creation-seconds",
        type=float,
        default=DEFAULTS.database_creation_seconds,
        metavar="SECONDS",
        help="how long creating a database takes at least; on AWS several minutes (%(default)s)",
    )

    status = _command(commands, "status", "show what stands and what is wrong", _status)
    status.add_argument("--json", action="store_true", help="print the reconciler's report as it is")
    _command(commands, "env", "print the shell lines that point AWS clients at it", _env)
    calls = _command(commands, "calls", "show who called what: actions, resources, how often, how often denied", _calls)
    calls.add_argument("--principal", default="*", metavar="PATTERN", help="ARN, with * and ? (%(default)s)")
    calls.add_argument("--json", action="store_true", help="print one JSON object per line")
    wait = _command(commands, "wait", "wait until every host and database has followed the region", _wait)
    wait.add_argument("--timeout", type=float, default=180.0, help="seconds (%(default)s)")
    deliveries = _command(commands, "deliveries", "show what SNS has delivered", _deliveries)
    deliveries.add_argument("--json", action="store_true", help="one JSON object per line")
    deliveries.add_argument("--confirm", action="store_true", help="first confirm the subscriptions that wait for it")
    fault_commands.add_fault(_command(commands, "fault", "break something on demand", fault_commands.fault))
    fault_commands.add_heal(_command(commands, "heal", "undo faults", fault_commands.heal))
    hosts = _command(commands, "hosts", "make hosts without a region, to try roles on; `lab down` removes them", _hosts)
    hosts.add_argument("hosts", nargs="+", metavar="HOST", help="a name; NAME:dnf for one whose packages dnf manages")
    hosts.add_argument("--cidr", default="10.45.0.0/24", help="network of the hosts (%(default)s)")
    _command(commands, "down", "remove everything of a lab; images stay", _down)
    return parser


def _command(
    commands: Subparsers, name: str, help_text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text, description=help_text)
    command.add_argument("--name", default=DEFAULTS.name, help="the lab's name (%(default)s)")
    command.set_defaults(run=run)
    return command


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _up(arguments: argparse.Namespace) -> int:
    settings = LabSettings(
        name=arguments.name,
        region=arguments.region,
        vpc_cidr=arguments.vpc_cidr,
        public_cidr=arguments.public_cidr,
        client_address=arguments.client_address,
        database_creation_seconds=arguments.database_creation_seconds,
        api_port=arguments.api_port,
        machines=arguments.machines,
        creation_pace=arguments.creation_pace,
    )
    settings = lifecycle.up(settings, _say)
    state = settings.state_directory
    print(f"source {state}/env")
    print(f"ansible-playbook -i {state}/inventory site.yml")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    settings = LabSettings.load(arguments.name)
    if arguments.json:
        if not settings.machines:
            raise LabError(f"The lab {settings.name!r} has no machines, and so no report of them.")
        print((settings.state_directory / REPORT_FILE).read_text())
    else:
        print(status_text(settings))
    return 0


def _env(arguments: argparse.Namespace) -> int:
    settings = LabSettings.load(arguments.name)
    print((settings.state_directory / "env").read_text(), end="")
    return 0


def _calls(arguments: argparse.Namespace) -> int:
    settings = LabSettings.load(arguments.name)
    lines = summary(read(settings.state_directory / CALLS_FILE), arguments.principal)
    if arguments.json:
        for line in lines:
            print(json.dumps(dataclasses.asdict(line)))
    else:
        print(calls_text(lines))
    return 0


def _wait(arguments: argparse.Namespace) -> int:
    lifecycle.wait(LabSettings.load(arguments.name), arguments.timeout)
    return 0


def _deliveries(arguments: argparse.Namespace) -> int:
    settings = LabSettings.load(arguments.name)
    if arguments.confirm:
        for endpoint in inbox.confirm(settings):
            _say(f"confirmed {endpoint}")
    print((inbox.as_lines if arguments.json else inbox.as_text)(settings), end="")
    return 0


def _hosts(arguments: argparse.Namespace) -> int:
    # It makes hosts by the reconciler's own code, which knows the emulator: no other command shall wait for that.
    from . import bare_hosts

    wanted = [bare_hosts.wanted(text) for text in arguments.hosts]
    print(bare_hosts.up(LabSettings(name=arguments.name), arguments.cidr, wanted, _say))
    return 0


def _down(arguments: argparse.Namespace) -> int:
    lifecycle.down(arguments.name, _say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
