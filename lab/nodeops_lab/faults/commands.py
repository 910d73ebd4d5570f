# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lab fault` and `lab heal` on the command line."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from ..settings import LabSettings
from . import orders
from .registry import KINDS
from .store import Store

if TYPE_CHECKING:
    from pathlib import Path


def add_fault(parser: argparse.ArgumentParser) -> None:
    """Add a command for each kind of fault."""
    kinds = parser.add_subparsers(required=True, metavar="FAULT", dest="fault")
    for kind in KINDS.values():
        command = kinds.add_parser(kind.name, help=kind.summary, description=f"{kind.summary}.")
        # Also after the fault's name; given before it, it stands.
        command.add_argument("--name", default=argparse.SUPPRESS, help="the lab's name")
        for argument in kind.arguments:
            if argument.name.startswith("-"):
                command.add_argument(
                    argument.name, dest=argument.key, metavar="VALUE", help=_help(argument.help, argument.default)
                )
            else:
                command.add_argument(
                    argument.key, metavar=argument.name, nargs=None if argument.required else "?", help=argument.help
                )


def _help(text: str, default: object) -> str:
    # Defaults are applied to parsed values, not by argparse.
    return text.replace("%(default)s", str(default))


def add_heal(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `lab heal`."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("faults", nargs="*", metavar="FAULT", default=[], help="as `lab status` names it, or its kind")
    chosen.add_argument("--all", action="store_true", help="every fault, as without a name")


def fault(arguments: argparse.Namespace) -> int:
    """Run `lab fault`."""
    kind = KINDS[arguments.fault]
    given = {argument.key: getattr(arguments, argument.key) for argument in kind.arguments}
    made = orders.make(LabSettings.load(arguments.name), kind, given)
    print(f"{made.text()} (lab heal {made.fault_id})" if made else f"{kind.name}: done")
    return 0


def heal(arguments: argparse.Namespace) -> int:
    """Run `lab heal`."""
    healed = orders.heal(LabSettings.load(arguments.name), arguments.faults)
    for item in healed:
        print(f"healed {item.text()}")
    if not healed:
        print("no fault is in force")
    return 0


def status_lines(state_directory: Path) -> list[str]:
    """Return a line for each fault in force, for `lab status`."""
    now = time.time()
    return [f"FAULT {item.text()} (for {now - item.since:.0f} s)" for item in Store(state_directory).faults()]
