# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine images that the lab offers, as their makers publish them."""

from __future__ import annotations

from typing import Any

DEBIAN: dict[str, Any] = {
    "ami_id": "ami-0debc12a2026d0914",
    "name": "debian-12-amd64-20260914-2236",
    "description": "Debian 12 (20260914-2236)",
    "owner_id": "136693071363",
    "owner_alias": "amazon",
    "image_location": "amazon/debian-12-amd64-20260914-2236",
    "public": True,
    "architecture": "x86_64",
    "virtualization_type": "hvm",
    "hypervisor": "xen",
    "root_device_type": "ebs",
    "root_device_name": "/dev/xvda",
    "boot_mode": "uefi-preferred",
}
GIB_OF_ROOT = 8
DEBIAN_PARAMETER = "/aws/service/debian/release/12/latest/amd64"
"""Public parameter with the newest image's id (https://wiki.debian.org/Cloud/AmazonEC2Image)."""

UBUNTU: dict[str, Any] = DEBIAN | {
    "ami_id": "ami-0ba24040a2026c910",
    "name": "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260910",
    "description": "Canonical, Ubuntu, 24.04, amd64 noble image",
    "owner_id": "099720109477",
    "image_location": "amazon/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260910",
    "root_device_name": "/dev/sda1",
}
UBUNTU_PARAMETER = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
"""The same of Canonical (https://documentation.ubuntu.com/aws/en/latest/aws-how-to/instances/find-ubuntu-images/)."""


def offered(machines: bool) -> dict[str, dict[str, Any]]:
    """Return the public images by their parameters: with machines the one that the lab can boot, else any."""
    return {DEBIAN_PARAMETER: DEBIAN} | ({} if machines else {UBUNTU_PARAMETER: UBUNTU})
