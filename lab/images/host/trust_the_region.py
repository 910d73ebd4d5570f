# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mount the host's bundle of trusted authorities over the one of a container that is about to be made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def bundle_directory(arguments: list[str]) -> Path:
    """Return the OCI bundle that runc's arguments name, the present directory where they name none."""
    for index, word in enumerate(arguments):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in ("bundle", "b"):
            return Path(value if equals else arguments[index + 1])
    return Path()


def trusting(config: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return a container's configuration with the mount; an image without a bundle trusts nobody, and stays so."""
    mounts = config.setdefault("mounts", [])
    if (root / BUNDLE.lstrip("/")).exists() and not any(mount["destination"] == BUNDLE for mount in mounts):
        mounts.append({"destination": BUNDLE, "source": BUNDLE, "type": "bind", "options": ["rbind", "ro"]})
    return config


def main() -> None:
    """Edit the configuration of the container that the arguments are about."""
    directory = bundle_directory(sys.argv[1:])
    path = directory / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(trusting(config, directory / config["root"]["path"])))


if __name__ == "__main__":
    main()
