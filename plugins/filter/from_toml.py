# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_toml
short_description: Read TOML
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Turns a text of TOML 1.0 into data.
  - A text that is not TOML is an error, which names the place and no value.
positional: _input
options:
  _input:
    description: Text of TOML.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read a table
  ansible.builtin.debug:
    msg: "{{ '[Log]\nLevel = \"warn\"' | nodeops.chainlink.from_toml }}"
"""

RETURN = r"""
_value:
  description: The document.
  type: dict
  sample: {"Log": {"Level": "warn"}}
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import extra_config


def from_toml(text: object) -> dict[str, Any]:
    """The document that a text of TOML holds."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"from_toml reads text, not {type(text).__name__}")
    try:
        return extra_config.read(text)
    except extra_config.TomlError as error:
        raise AnsibleFilterError(f"the text {error}") from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"from_toml": from_toml}
