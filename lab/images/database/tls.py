# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the certificate from /lab/tls where PostgreSQL accepts the key's owner."""

from __future__ import annotations

import shutil
from pathlib import Path

from storage_layout import own

SOURCE = Path("/lab/tls")
TARGET = Path("/var/lib/postgresql/tls")


def install() -> None:
    """Copy certificate and key; a server that runs takes them up at its next reload."""
    TARGET.mkdir(parents=True, exist_ok=True)
    own(TARGET, 0o700)
    for name in ("certificate.pem", "key.pem"):
        draft = TARGET / f"{name}.draft"
        shutil.copyfile(SOURCE / name, draft)
        own(draft, 0o600)
        draft.replace(TARGET / name)


if __name__ == "__main__":
    install()
