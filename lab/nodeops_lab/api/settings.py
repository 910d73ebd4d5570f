# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulated API needs to know about the lab that it serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

DEFAULT_PUBLIC_CIDR = "198.19.80.0/22"
DEFAULT_REGION = "us-east-1"
DEFAULT_LAB_ACCESS_KEY_ID = "AKIALABRECONCILER000"


class Settings(Protocol):
    """The part of the lab's settings that the API reads; any object with these attributes will do."""

    @property
    def state_directory(self) -> Path:
        """The lab's state directory; instance consoles are read from its ``console`` directory."""

    @property
    def public_cidr(self) -> str:
        """The block of which every public and Elastic IP address is taken."""

    @property
    def region(self) -> str:
        """The region that the lab imitates."""

    @property
    def lab_access_key_id(self) -> str:
        """The lab's own key, with which it acts in the place of AWS's services."""

    @property
    def machines(self) -> bool:
        """Whether containers stand for what the API tells of."""


@dataclass(frozen=True)
class ApiSettings:
    """Settings for running the API by itself."""

    state_directory: Path
    public_cidr: str = field(default=DEFAULT_PUBLIC_CIDR)
    region: str = field(default=DEFAULT_REGION)
    lab_access_key_id: str = field(default=DEFAULT_LAB_ACCESS_KEY_ID)
    machines: bool = True
