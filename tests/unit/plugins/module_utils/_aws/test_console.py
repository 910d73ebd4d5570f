# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import console

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYfX7Ew"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtherKey"
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7=="
ECDSA = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="
BEGIN, END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"

TEST_HOST_KEYS: list[tuple[str, list[str]]] = [
    ("", []),
    ("booting\n", []),
    (f"{BEGIN}\n{ED25519} root@host\n", []),
    (f"{END}\n", []),
    (f"x\r\n{BEGIN}\r\n{ECDSA} root@h\r\n{RSA} root@h\r\n{ED25519} root@h\r\n{END}\r\ny", [ECDSA, ED25519, RSA]),
    (
        f"[ 12.3] ci-info: {BEGIN}\n[ 12.4] ci-info: {ED25519} root@h\n[ 12.5] ci-info: {END}\n",
        [ED25519],
    ),
    (f"{BEGIN}\n{ED25519} a\n{END}\n{BEGIN}\n{OTHER} a\n{END}\n", [OTHER]),
    (f"{OTHER} before\n{BEGIN}\n{ED25519} a\n{END}\n{OTHER} after\n", [ED25519]),
    (f"{BEGIN}\nssh-ed25519 $(reboot)\n{END}\n", []),
]


@pytest.mark.parametrize(("text", "keys"), TEST_HOST_KEYS)
def test_host_keys(text: str, keys: list[str]) -> None:
    assert console.host_keys(text) == keys
