# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition keys of a request.

Source: IAM user guide, "AWS global condition context keys"; the services' own are in ``services/``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..backends import ACCOUNT_ID
from . import state
from .checks import Check, Values
from .credentials import Caller
from .request import Call

TAG_FAMILIES = (
    "aws:resourcetag/",
    "autoscaling:resourcetag/",
    "ec2:resourcetag/",
    "elasticloadbalancing:resourcetag/",
    "iam:resourcetag/",
    "rds:cluster-pg-tag/",
    "rds:cluster-snapshot-tag/",
    "rds:cluster-tag/",
    "rds:db-tag/",
    "rds:pg-tag/",
    "rds:snapshot-tag/",
    "rds:subgrp-tag/",
    "secretsmanager:resourcetag/",
    "ssm:resourcetag/",
)
REQUEST_TAG_FAMILIES = ("aws:requesttag/", "rds:req-tag/")


class Context:
    """Looks up the condition keys of one request, each only when a policy asks for it."""

    def __init__(
        self, caller: Caller, call: Call, environ: Mapping[str, Any], source_address: Callable[[], str | None]
    ):
        self._caller = caller
        self._call = call
        self._environ = environ
        self._source_address = source_address

    def lookup(self, check: Check) -> Callable[[str], Values | None]:
        """Return the function that looks keys up for one check of the request."""

        def look(key: str) -> Values | None:
            name = key.lower()
            if name in check.context:
                return check.context[name] or None
            family, slash, tag = name.partition("/")
            if slash:
                return self._tag(check, f"{family}/", tag)
            return self._common(check, name)

        return look

    def _tag(self, check: Check, family: str, tag: str) -> Values | None:
        if family == "aws:principaltag/":
            return _entry(self._principal(check).tags, tag)
        if family in REQUEST_TAG_FAMILIES:
            return _entry(self._request_tags(check), tag)
        return _entry(_resource_tags(check), tag) if family in TAG_FAMILIES else None

    def _principal(self, check: Check) -> Any:
        return check.on_behalf or self._caller.principal

    def _request_tags(self, check: Check) -> Mapping[str, str]:
        return self._call.request_tags if check.request_tags is None else check.request_tags

    def _common(self, check: Check, name: str) -> Values | None:
        caller, call, principal = self._caller, self._call, self._principal(check)
        user = principal.kind == "User"
        keys: dict[str, Callable[[], Values | str | None]] = {
            "aws:currenttime": lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "aws:epochtime": lambda: str(int(time.time())),
            "aws:principalaccount": lambda: principal.account or None,
            "aws:principalarn": lambda: principal.policy_arn if principal.kind != "Service" else None,
            "aws:principalisawsservice": lambda: str(principal.kind == "Service").lower(),
            "aws:principalservicename": lambda: principal.arn if principal.kind == "Service" else None,
            "aws:principaltype": lambda: principal.kind,
            "aws:requestedregion": lambda: call.region,
            "aws:resourceaccount": lambda: ACCOUNT_ID if check.resource != "*" else None,
            "aws:securetransport": self._secure,
            "aws:sourceip": self._source_address,
            "aws:tagkeys": lambda: self._tag_keys(check),
            "aws:tokenissuetime": lambda: caller.issued.strftime("%Y-%m-%dT%H:%M:%SZ") if caller.issued else None,
            # Long-term keys say nothing of a second factor; temporary ones of a role say that there was none.
            "aws:multifactorauthpresent": lambda: "false" if caller.token else None,
            "aws:useragent": lambda: self._environ.get("HTTP_USER_AGENT"),
            "aws:userid": lambda: principal.user_id or None,
            "aws:username": lambda: principal.name if user else None,
            "aws:viaawsservice": lambda: str("kms:viaservice" in check.context).lower(),
            "ec2:sourceinstancearn": self._instance,
            "ec2:roledelivery": lambda: "2.0" if self._instance() else None,
        }
        found = keys[name]() if name in keys else None
        if found is None:
            return None
        return (found,) if isinstance(found, str) else found

    def _secure(self) -> str:
        # The controller's endpoint on loopback stands in for HTTPS.
        local = str(self._environ.get("REMOTE_ADDR", "")).startswith("127.")
        return str(local or self._environ.get("HTTP_X_FORWARDED_PROTO") == "https").lower()

    def _instance(self) -> str | None:
        """Return the instance whose role it is: EC2 calls the session after it."""
        session = self._caller.principal.arn.rpartition("/")[2]
        if self._caller.principal.kind != "AssumedRole" or not session.startswith("i-"):
            return None
        return f"arn:aws:ec2:{self._call.region}:{ACCOUNT_ID}:instance/{session}"

    def _tag_keys(self, check: Check) -> Values | None:
        given = self._call.parameters
        removed = given.get("TagKeys") or given.get("tagKeys") or given.get("TagKeyList") or []
        names = [*self._request_tags(check), *(str(item) for item in removed)]
        return tuple(dict.fromkeys(names)) or None


def _resource_tags(check: Check) -> Mapping[str, str]:
    if check.tags is not None:
        return check.tags()
    return state.tags(check.resource) if check.resource.startswith("arn:") else {}


def _entry(tags: Mapping[str, str], wanted: str) -> Values | None:
    """Return a tag's value; the keys of conditions know no upper and lower case."""
    for name, value in tags.items():
        if name.lower() == wanted:
            return (value,)
    return None
