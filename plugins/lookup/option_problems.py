# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: option_problems
short_description: Options that are misspelt, or are given what they cannot take
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Compares the variables of a run with the options of all roles of this collection, as their argument specifications
    name them. A role is asked what it was given only when its turn comes, and nobody asks about a variable that no role
    reads.
  - A variable of any host whose name is nearly that of an option, and which no other variable reads, is a problem.
  - A value of the host that the lookup runs for is a problem where it is not of the option's type or not one of its
    choices. Values that depend on what is not known yet are left to their role, and so are texts, which may be secrets.
options:
  _terms:
    description: Takes none.
notes:
  - Meant for the beginning of a run, before roles have added variables of their own.
"""

EXAMPLES = r"""
- name: Refuse options that mean nothing
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems }}"
  vars:
    problems: "{{ query('nodeops.chainlink.option_problems') }}"
"""

RETURN = r"""
_raw:
  description: Every problem, ordered by the name of the variable.
  type: list
  elements: dict
  contains:
    variable:
      description: Name of the variable.
      type: str
    message:
      description: What is wrong with it.
      type: str
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.lookup import LookupBase
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import options

#: Ansible's own, which hold all other variables once more.
_OF_ALL_VARIABLES = {"hostvars", "vars"}
ROLES = Path(__file__).resolve().parents[2] / "roles"


class LookupModule(LookupBase):
    """The lookup of this file."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, str]]:
        if terms or kwargs:
            raise AnsibleError("option_problems takes no terms and no options")
        variables = variables or {}
        known = _specifications()
        problems = options.misspelt(_everywhere(variables), known)
        for name in sorted(set(known) & set(variables)):
            problems += [(name, message) for message in self._misfits(known[name], name, variables[name])]
        return [{"variable": name, "message": message} for name, message in sorted(problems)]

    def _misfits(self, specifications: list[dict[str, Any]], name: str, raw: Any) -> list[str]:
        """What the roles that take an option would say to its value, each thing once."""
        strict = [one for one in specifications if one["type"] != "str" or "choices" in one]
        if not strict:
            return []
        try:
            value = self._templar.template(raw)
        except AnsibleUndefinedVariable:
            return []
        messages: dict[str, None] = {}
        for specification in strict:
            result = ArgumentSpecValidator({name: specification}).validate({name: value})
            # A value of another type is none of the choices either.
            messages.update(dict.fromkeys(result.error_messages[:1]))
        return list(messages)


def _everywhere(variables: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The variables of the run and of all its hosts, each with all its values."""
    hosts = variables.get("hostvars", {})
    found: dict[str, list[Any]] = {}
    for one in (variables, *(hosts.raw_get(host) for host in hosts)):
        for name in one.keys() - _OF_ALL_VARIABLES:
            found.setdefault(name, []).append(one[name])
    return found


def _specifications() -> dict[str, list[dict[str, Any]]]:
    """Type, elements and choices of every option, as the entry points of all roles have them, by its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, option in _options():
        # What a dictionary consists of its role says, and chainlink_preflight before it.
        one: dict[str, Any] = {key: option[key] for key in ("type", "elements", "choices") if key in option}
        if one not in found.setdefault(name, []):
            found[name].append(one)
    return found


def _options() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        for entry_point in yaml_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
            yield from entry_point.get("options", {}).items()
