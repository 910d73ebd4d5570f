# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which estate a module is about that runs on one of its hosts."""

    DOCUMENTATION = r"""
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  region:
    description:
      - AWS region of the estate.
      - When not given, the region of the instance, as its metadata tell.
    type: str
"""
