# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the name of an EC2 instance type tells: architecture, burstable or not, size, the quota that it counts for.

By arithmetic on the name, so that a check needs neither network nor credentials. AWS's own naming rules
(docs.aws.amazon.com, "Amazon EC2 instance type naming conventions"): family, generation, options, then the size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"(?P<family>[a-z]+)(?P<generation>[0-9]+)(?P<options>[a-z0-9-]*)\.(?P<size>[a-z0-9-]+)")
_XLARGE = re.compile(r"([0-9]+)xlarge")

_SIZES = {"nano": 1, "micro": 1, "small": 1, "medium": 1, "large": 2, "xlarge": 4}
_BURSTABLE_GIB = {"nano": 0.5, "micro": 1.0, "small": 2.0, "medium": 4.0, "large": 8.0, "xlarge": 16.0, "2xlarge": 32.0}
#: GiB per vCPU of the families that a node may sensibly run on; others are left to AWS.
_GIB_PER_CPU = {"c": 2.0, "m": 4.0, "r": 8.0}
#: The third and fourth generations of c have a little less than their successors.
_OLD_GIB_PER_CPU = {("c", 3): 1.875, ("c", 4): 1.875, ("m", 3): 3.75, ("r", 3): 7.625, ("r", 4): 7.625}
#: What AWS calls A, C, D, H, I, M, R, T and Z: the families that share the quota of standard instances.
_STANDARD = {"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"}


@dataclass(frozen=True)
class InstanceType:
    """What is known of a type; None where its name does not tell."""

    burstable: bool
    arm: bool
    standard: bool
    cpus: int | None
    memory_gib: float | None


def parse(name: str) -> InstanceType | None:
    """What the name of an instance type tells, or None where it is not the name of one."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    family, generation, size = match["family"], int(match["generation"]), match["size"]
    burstable = family == "t"
    # Options: g is Graviton (m6g, c7gn, im4gn, x2gd); a1 was the first of them, and g5g is a GPU family with it.
    arm = (family, generation) == ("a", 1) or "g" in match["options"]
    cpus = _cpus(size, generation, burstable)
    return InstanceType(burstable, arm, family in _STANDARD, cpus, _memory(family, generation, size, cpus))


def _cpus(size: str, generation: int, burstable: bool) -> int | None:
    if burstable and (size in ("medium", "large") or (generation > 2 and size in ("nano", "micro", "small"))):
        return 2
    if size in _SIZES:
        return _SIZES[size]
    many = _XLARGE.fullmatch(size)
    return 4 * int(many.group(1)) if many else None


def _memory(family: str, generation: int, size: str, cpus: int | None) -> float | None:
    if family == "t":
        return _BURSTABLE_GIB.get(size)
    if generation < 3 or cpus is None:
        return None
    per_cpu = _OLD_GIB_PER_CPU.get((family, generation), _GIB_PER_CPU.get(family))
    return None if per_cpu is None else per_cpu * cpus
