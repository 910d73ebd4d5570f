# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that moto lacks altogether, each a package built as moto's own are: models, responses, urls."""

from __future__ import annotations

import importlib
import re
from typing import Any

from moto import backend_index, backends

PACKAGES = {
    # Signing name: package of this one, and the dictionary of its backends.
    "dlm": ("dlm", "dlm_backends"),
    "devops-guru": ("devopsguru", "devopsguru_backends"),
    "ec2messages": ("ec2messages", "ec2messages_backends"),
}


def offer(signing_name: str) -> None:
    """Let moto's server route a service's requests to its package here.

    Raises:
        ValueError: moto has this service (by now).
    """
    host = f"https://{signing_name}.us-east-1.amazonaws.com"
    if any(pattern.match(host) for _name, pattern in backend_index.backend_url_patterns):
        raise ValueError(f"moto has {signing_name} of its own")
    pattern = re.compile(rf"https?://{re.escape(signing_name)}\.(.+)\.amazonaws\.com")
    backend_index.backend_url_patterns.append((signing_name, pattern))


def backends_of(signing_name: str) -> Any:
    """Return the backends of one of these services, by account and region."""
    package, attribute = PACKAGES[signing_name]
    return getattr(importlib.import_module(f"{__name__}.{package}.models"), attribute)


def route() -> None:
    """Make moto look here for the services that it lacks."""
    original = backends.get_backend

    def get_backend(name: Any) -> Any:
        return backends_of(name) if name in PACKAGES else original(name)

    backends.get_backend = get_backend
