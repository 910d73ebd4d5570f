# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine reads from its file."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
from ansible.plugins.filter.core import FilterModule

TEMPLATES = Path(__file__).resolve().parents[4] / "roles" / "host_docker" / "templates"

# What the units of Debian 12 (/usr/sbin/dockerd -H fd:// --containerd=...) and of Amazon Linux 2023 (and
# --default-ulimit nofile=32768:65536) say by flags, by its name in the file.
GIVEN_BY_FLAGS = {"hosts", "containerd", "default-ulimits"}


def test_nothing_that_a_distribution_says_by_a_flag_stands_in_the_file() -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, autoescape=False
    )
    environment.filters.update(FilterModule().filters())
    text = environment.get_template("daemon.json.j2").render(
        host_docker_log_max_size="20m",
        host_docker_log_max_files=3,
    )
    assert GIVEN_BY_FLAGS.isdisjoint(json.loads(text))
