# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of fault has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import LabError
from .filters import Rules
from .places import Places
from .store import Fault


@dataclass(frozen=True)
class Argument:
    """One argument of a fault."""

    name: str
    """Positional, or with two hyphens before it an option."""
    help: str
    parse: Callable[[str], Any] = str
    """Raises ValueError with what is wrong, which is shown after the argument's name."""
    default: Any = None
    choices: tuple[str, ...] = ()
    required: bool = True
    """Of a positional one."""

    @property
    def key(self) -> str:
        """Its name among the parsed arguments."""
        return self.name.lstrip("-").replace("-", "_").lower()

    def value(self, text: str) -> Any:
        """Parse it.

        Raises:
            LabError: it is no value for this argument.
        """
        if self.choices and text not in self.choices:
            raise LabError(f"{self.name} {text!r} must be one of {', '.join(self.choices)}.")
        try:
            return self.parse(text)
        except ValueError as error:
            raise LabError(f"{self.name} {text!r} {error}.") from None


class Kind(ABC):
    """A kind of fault. Its objects hold nothing: command and daemon each have their own."""

    name: ClassVar[str]
    summary: ClassVar[str]
    arguments: ClassVar[tuple[Argument, ...]] = ()
    without_machines: ClassVar[bool] = False
    """Whether it is also for a lab without machines."""

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Return the facts of a new fault, from which it is applied and undone.

        Raises:
            LabError: the arguments name nothing that could have this fault.
        """
        return {}

    def excludes(self, facts: Mapping[str, Any], arguments: Mapping[str, Any], other: Fault) -> bool:
        """Return whether a fault of this kind cannot be beside another one in force."""
        return other.kind == self.name and other.arguments == arguments

    def lasts(self, arguments: Mapping[str, Any]) -> bool:
        """Return whether there is something to heal, once it has happened."""
        return True

    def apply(self, fault: Fault, places: Places) -> None:
        """Bring a new fault about. Raises LabError where that is impossible."""
        self.hold(fault, places)

    def hold(self, fault: Fault, places: Places) -> bool:
        """See, every few seconds, that a fault is in force; return False once something has ended it for good."""
        return True

    @abstractmethod
    def undo(self, fault: Fault, places: Places) -> None:
        """Undo a fault, whatever of it is still in force."""

    def rules(self, fault: Fault, places: Places) -> Rules:
        """Return the packet filter rules of a fault, by container."""
        return {}


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers between two bounds."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.removeprefix("-").isdigit() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def decimal(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers between two bounds."""

    def parse(text: str) -> float:
        message = f"must be a number from {least:g} to {most:g}"
        try:
            number = float(text)
        except ValueError:
            raise ValueError(message) from None
        if not least <= number <= most:
            raise ValueError(message)
        return number

    return parse


def overlapping(first: Collection[str], second: Collection[str]) -> bool:
    """Return whether two collections share anything."""
    return not set(first).isdisjoint(second)
