# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ssm import models

from ..images import offered
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def image_parameters(settings: Settings) -> None:
    """Publish the ids of the newest public images.

    AWS: /aws/service/debian/release/12/latest/amd64 holds Debian's (https://wiki.debian.org/Cloud/AmazonEC2Image).
    Moto: knows the public parameters of Amazon Linux and ECS only.
    """
    original = models.ParameterDict.__init__

    def initialize(self: models.ParameterDict, *args: Any) -> None:
        original(self, *args)
        for name, image in offered(settings.machines).items():
            self[name].append(
                models.Parameter(  # type: ignore[abstract]
                    account_id=self.account_id,
                    name=name,
                    value=image["ami_id"],
                    parameter_type="String",
                    description=None,
                    allowed_pattern=None,
                    keyid=None,
                    last_modified_date=utcnow(),
                    version=1,
                    data_type="aws:ec2:image",
                )
            )

    replace(models.ParameterDict, "__init__", initialize)
