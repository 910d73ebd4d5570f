# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate of a variant, made in a region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from region import Estate, Region, Run
from table import Table
from variants import Prepared, Variant


@dataclass(frozen=True)
class Deployment:
    """An estate of a variant that stands."""

    variant: Variant
    estate: Estate
    run: Run
    expected: Table = field(repr=False)


Deployed = Callable[[str], Deployment]


def prepare(region: Region, variant: Variant) -> tuple[Estate, Prepared]:
    """Return a variant's estate to be, with what stands before it does."""
    prepared = variant.prepare(region, variant.name) if variant.prepare else Prepared()
    network = {"estate_network_cidr": f"{variant.net}.0.0/16"}
    return region.estate(variant.name, prepared.policies, **network | variant.variables | prepared.variables), prepared


def deploy(region: Region, variant: Variant) -> Deployment:
    """Make a variant's estate."""
    estate, prepared = prepare(region, variant)
    run = estate.provision().succeeded()
    account = region.client("sts").get_caller_identity()["Account"]
    return Deployment(variant, estate, run, variant.expected(region.name, account, prepared.facts))
