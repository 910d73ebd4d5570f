# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that end a command, each with the exit code of the official program."""

from __future__ import annotations

from collections.abc import Sequence


class CommandError(Exception):
    """A command failed: its text goes to stderr, the process exits with ``code``."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class StoppedError(Exception):
    """SIGTERM or SIGINT arrived while the process was starting."""


def joined(problems: Sequence[str]) -> str:
    """One problem in the same line, several as the official indented list."""
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} errors:" + "".join(f"\n\t- {problem}" for problem in problems)
