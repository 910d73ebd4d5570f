# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity and Access Management."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.iam import models

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def aws_managed_policies(_settings: Settings) -> None:
    """Know the policies that AWS manages.

    AWS: arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore and its like exist in every account
    (AWS Managed Policy Reference). Moto: NoSuchEntity, unless told by an environment variable to load its copies.
    """
    replace(models, "load_iam_aws_managed_policies", lambda: True)
