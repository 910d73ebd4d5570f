# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions on which resources a request needs: the common part of ``services/``.

Source: Service Authorization Reference, the page of each service ("Actions", "Resource types"), unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .decision import ResourcePolicy
from .principal import Permissions, Principal
from .request import Call

Values = tuple[str, ...]
NOTHING: Mapping[str, Values] = {}


@dataclass(frozen=True)
class Check:
    """One action on one resource."""

    action: str
    resource: str = "*"
    context: Mapping[str, Values] = field(default_factory=dict)
    """Condition keys of this check alone, in lower case."""
    tags: Callable[[], Mapping[str, str]] | None = None
    """Returns the resource's tags; None: they are looked up by the ARN where a condition asks for them."""
    request_tags: Mapping[str, str] | None = None
    """The tags that the request gives to this very resource; None: those of the whole request."""
    resource_policy: Callable[[], ResourcePolicy | None] | None = None
    message: str | None = None
    """How the service words a refusal, where it does not pass IAM's words on."""
    code: str | None = None
    """The service's code of a refusal, where it is not the usual one."""
    on_behalf: Principal | None = None
    """Who asks in the caller's place: a service as itself."""
    permissions: Permissions | None = None


Checker = Callable[[Call], Iterable[Check]]
_checkers: dict[str, Checker] = {}


def service(*prefixes: str) -> Callable[[Checker], Checker]:
    """Register a function that knows the checks of a service."""

    def register(checker: Checker) -> Checker:
        for prefix in prefixes:
            _checkers[prefix] = checker
        return checker

    return register


def checks(call: Call) -> list[Check]:
    """Return every check that a request must pass, its own action first."""
    checker = _checkers.get(call.prefix)
    return list(checker(call)) if checker else [Check(call.action)]


def known_services() -> list[str]:
    """Return the prefixes of the services whose resources are known."""
    return sorted(_checkers)


Table = Mapping[str, Sequence[str]]
_PARAMETER = re.compile(r"\{([A-Za-z.]+)\}")


def resources(call: Call, table: Table) -> list[str]:
    """Return the ARNs that a table says an operation is about: ``*`` for operations that it does not have.

    Each entry is the last part of an ARN with parameters in braces, for instance ``cluster:{DBClusterIdentifier}``. A
    list stands for an ARN for each item, a value that is an ARN for itself; without a value, the resource is left out
    where the entry ends in a question mark, else an asterisk takes the value's place.
    """
    found: list[str] = []
    for entry in table.get(call.operation, ()):
        found.extend(_expand(call, entry))
    return list(dict.fromkeys(found)) or ["*"]


def _expand(call: Call, entry: str) -> Iterable[str]:
    optional = entry.endswith("?")
    template = entry.removesuffix("?")
    names = _PARAMETER.findall(template)
    if not names:
        yield _arn(call, template)
        return
    (name,) = names
    values = values_at(call.parameters, name)
    if not values and optional:
        return
    for value in values or ["*"]:
        yield value if value.startswith("arn:") else _arn(call, template.replace(f"{{{name}}}", value))


def _arn(call: Call, resource: str) -> str:
    # A template that begins with two colons has neither region nor account, one with a single colon no region.
    if resource.startswith("::"):
        return f"arn:aws:{call.prefix}:::{resource[2:]}"
    if resource.startswith(":"):
        return call.arn(resource[1:], region="")
    return call.arn(resource)


def values_at(parameters: Mapping[str, Any], path: str) -> list[str]:
    """Return the texts at a dotted path of parameters, through lists."""
    found: list[Any] = [parameters]
    for name in path.split("."):
        deeper: list[Any] = []
        for item in found:
            value = item.get(name) if isinstance(item, Mapping) else None
            deeper.extend(value if isinstance(value, list) else [] if value is None else [value])
        found = deeper
    return [str(item) for item in found if not isinstance(item, Mapping)]


def simple(call: Call, table: Table, context: Mapping[str, Values] = NOTHING) -> list[Check]:
    """Return the checks of an operation whose action bears its name."""
    return [Check(call.action, resource, context) for resource in resources(call, table)]


def values(context: Mapping[str, str | None]) -> dict[str, Values]:
    """Return condition keys in lower case, without those that have no value."""
    return {key.lower(): (value,) for key, value in context.items() if value is not None}
