# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of patches, filled as their modules are imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..settings import Settings

    Patch = Callable[[Settings], None]

_patches: dict[str, Patch] = {}


def patch(function: Patch) -> Patch:
    """Register a function that corrects moto, under ``<its module's last name>.<its name>``."""
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    if name in _patches:
        raise ValueError(f"two patches are called {name}")
    _patches[name] = function
    return function


def replace(owner: Any, name: str, value: object) -> None:
    """Put a correction in the place of something of moto's.

    Raises:
        AttributeError: moto has no such thing (any more), so the correction would correct nothing.
    """
    getattr(owner, name)
    setattr(owner, name, value)


def add(owner: Any, name: str, value: object) -> None:
    """Add an operation that moto does not have.

    Raises:
        ValueError: moto has it (by now), so the patch should go.
    """
    if hasattr(owner, name):
        raise ValueError(f"moto has {owner.__name__}.{name} of its own")
    setattr(owner, name, value)


def registered() -> dict[str, Patch]:
    """Return the registered patches by name."""
    return _patches
