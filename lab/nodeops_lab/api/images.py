# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine image that the lab offers, as Debian publishes it."""

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
GIB_OF_DEBIAN_ROOT = 8
DEBIAN_PARAMETER = "/aws/service/debian/release/12/latest/amd64"
"""Public parameter with the newest image's id (https://wiki.debian.org/Cloud/AmazonEC2Image)."""
