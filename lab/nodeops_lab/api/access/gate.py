# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate in front of the API: each request is read, its signature checked, judged and recorded."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..backends import ACCOUNT_ID, ec2, iam
from . import credentials, refusal, request, services, signature
from .checks import Check, checks
from .context import Context
from .credentials import ANONYMOUS, INSTANCES, AccessKey, Caller
from .decision import Decision, decide
from .principal import Permissions
from .record import Need, Recorder, error_code
from .refusal import Answer, Reason, Refusal
from .request import Call, UnreadableRequestError
from .signature import Signed

LOOPBACK = "127."
SKEWS = "nodeops.clock_skews"
"""In a request's environment: by how many seconds the clocks of instances are taken to be ahead, by instance id."""
XML_SERVICES = frozenset({"route53", "cloudfront"})
# Kept from being taken for part of the module's own names: importing registers the services.
assert services.__all__


@dataclass(frozen=True)
class Admission:
    """What became of one request at the gate."""

    principal: str
    operation: str = "unknown"
    """What was called, as IAM would name it."""
    needs: tuple[Need, ...] = ()
    refusal: Answer | None = None
    """The answer to give in place of the API's; None for a request that goes on."""
    denied: Need | None = None
    code: str | None = None
    """The code of the refusal."""
    recorded: bool = True


class Gate:
    """Judges requests. Called with the backends' lock held: it reads who and what there is from the backends."""

    def __init__(self, lab_key: AccessKey, client_address: str, recorder: Recorder | None = None) -> None:
        """Prepare.

        Args:
            lab_key: the key of the lab itself, which may do anything and is not recorded.
            client_address: the address that requests from this machine come from, in the region's eyes.
            recorder: keeps what was called; None keeps nothing.
        """
        self._lab_key = lab_key
        self._client_address = client_address
        self._recorder = recorder

    def admit(self, environ: dict[str, Any]) -> Admission:
        """Judge a request, leaving it readable."""
        # Moto would take another account from this header.
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        if str(environ.get("PATH_INFO", "")).startswith("/moto-api"):
            return self._emulator(environ)
        signed = signature.read(environ)
        name = signed.service if signed else "s3"
        family = family_of_envelope(environ, name)
        try:
            if signed is None:
                return self._unsigned(environ, family)
            return self._signed(environ, signed, family)
        except UnreadableRequestError:
            return _refused("unknown", environ, family, refusal.refusal(Reason.UNREADABLE, family))

    def answered(self, admission: Admission, status: int, body: bytes) -> None:
        """Record a request with the answer that it got."""
        if self._recorder is None or not admission.recorded:
            return
        code = admission.code or (error_code(body) if status >= 400 else None)
        allowed = admission.refusal is None or admission.code == refusal.DRY_RUN.code
        self._recorder.write(admission.principal, admission.operation, admission.needs, allowed, code, admission.denied)

    def _emulator(self, environ: dict[str, Any]) -> Admission:
        """Moto's own controls are for this machine, not for the region's hosts."""
        if str(environ.get("REMOTE_ADDR", "")).startswith(LOOPBACK):
            return Admission("lab", recorded=False)
        return _refused("unknown", environ, "s3", refusal.refusal(Reason.NO_CREDENTIALS, "s3"))

    def _unsigned(self, environ: dict[str, Any], family: str) -> Admission:
        if family != "s3" or environ.get("HTTP_AUTHORIZATION"):
            return _refused("anonymous", environ, family, refusal.refusal(Reason.NO_CREDENTIALS, family))
        # A bucket's policy may let everybody in.
        call = request.read(environ, "s3", "us-east-1")
        return self._judge(environ, ANONYMOUS, call, family)

    def _signed(self, environ: dict[str, Any], signed: Signed, family: str) -> Admission:
        caller = credentials.caller(signed.key_id, self._lab_key)
        reason = self._proof(environ, signed, caller)
        if caller is None or reason is not None:
            owner = caller.principal.arn if caller else "unknown"
            return _refused(owner, environ, family, refusal.refusal(reason or Reason.UNKNOWN_KEY, family))
        call = request.read(environ, signed.service, signed.region)
        family = family_of(call, family)
        if caller.is_lab:
            return self._lab(environ, caller, call, family)
        if caller.principal.kind == "User":
            call = replace(call, caller=caller.principal.name)
        return self._judge(environ, caller, call, family)

    def _proof(self, environ: dict[str, Any], signed: Signed, caller: Caller | None) -> Reason | None:
        """Return what is wrong with a request's proof of who sent it, or None."""
        if caller is None or caller.token != signed.token:
            return Reason.UNKNOWN_KEY
        if caller.has_expired:
            return Reason.EXPIRED_TOKEN
        # The session of an instance has its id for a name. What it signs ahead of time is as early for us.
        ahead = environ.get(SKEWS, {}).get(caller.principal.arn.rpartition("/")[2], 0.0)
        if signature.is_stale(signed, datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=ahead)):
            return Reason.STALE_SIGNATURE
        unread = signed.service == "s3" and "HTTP_X_AMZ_CONTENT_SHA256" in environ
        body = b"" if unread else request.read_body(environ)
        return None if signature.is_genuine(environ, signed, caller.secret, body) else Reason.WRONG_SIGNATURE

    def _lab(self, environ: dict[str, Any], caller: Caller, call: Call, family: str) -> Admission:
        """The lab may do anything, but it takes the roles of instances as EC2 does: if they trust EC2."""
        if call.prefix == "sts" and call.operation == "AssumeRole":
            instances = Caller(INSTANCES, Permissions(), caller.secret)
            return replace(self._judge(environ, instances, call, family), recorded=False)
        return Admission("lab", recorded=False)

    def _judge(self, environ: dict[str, Any], caller: Caller, call: Call, family: str) -> Admission:
        needed = checks(call)
        context = Context(caller, call, environ, lambda: self._source(environ))
        # What a service does as itself is nothing that the caller needs.
        needs = tuple(Need(check.action, check.resource) for check in needed if check.on_behalf is None)
        principal = caller.principal.arn
        for check in needed:
            decision = judge(caller, check, context)
            if not decision.allowed:
                refused = _denied(principal, check, decision, family)
                need = Need(check.action, check.resource)
                return replace(
                    _refused(principal, environ, family, refused), operation=call.action, needs=needs, denied=need
                )
        if family == "ec2" and call.parameters.get("DryRun"):
            return replace(_refused(principal, environ, family, refusal.DRY_RUN), operation=call.action, needs=needs)
        _make_roles(call, needed)
        return Admission(principal, call.action, needs)

    def _source(self, environ: dict[str, Any]) -> str | None:
        """Return the address that a request comes from: a host's public one, or that of its NAT gateway."""
        remote = str(environ.get("REMOTE_ADDR", ""))
        if remote.startswith(LOOPBACK):
            return self._client_address
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        return _public_address(str(forwarded).rpartition(",")[2].strip()) if forwarded else remote


def judge(caller: Caller, check: Check, context: Context) -> Decision:
    """Return the decision on one check of a caller's request."""
    return decide(
        check.on_behalf or caller.principal,
        caller.permissions if check.permissions is None else check.permissions,
        check.action,
        check.resource,
        context.lookup(check),
        check.resource_policy() if check.resource_policy else None,
    )


def _denied(principal: str, check: Check, decision: Decision, family: str) -> Refusal:
    message = check.message or refusal.denial(principal, check.action, check.resource, decision, quoted=family == "s3")
    return refusal.refusal(Reason.DENIED, family, message, check.code or "")


def _refused(principal: str, environ: dict[str, Any], family: str, refused: Refusal) -> Admission:
    bodiless = environ.get("REQUEST_METHOD") == "HEAD"
    answer = refusal.answer(refused, family, str(uuid.uuid4()), bodiless=bodiless)
    return Admission(principal, refusal=answer, code=refused.code)


def family_of_envelope(environ: dict[str, Any], service: str) -> str:
    """Return the protocol of a request's answers, as far as its envelope tells."""
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return "cbor"
    if environ.get("HTTP_X_AMZ_TARGET"):
        return "json"
    if service == "ec2":
        return "ec2"
    query = re.search(r"(^|&)Action=", str(environ.get("QUERY_STRING", "")))
    if query or str(environ.get("CONTENT_TYPE", "")).startswith(request.FORM):
        return "query"
    if service == "s3":
        return "s3"
    return "rest-xml" if service in XML_SERVICES else "rest-json"


def family_of(call: Call, envelope: str) -> str:
    """Return the protocol of a request's answers, once its operation is known."""
    return envelope if call.prefix == "s3" else call.protocol


def _make_roles(call: Call, needed: Iterable[Check]) -> None:
    """Make the roles that AWS makes for a service when it is first used."""
    for check in needed:
        if check.action == "iam:CreateServiceLinkedRole" and call.action != check.action:
            iam().create_service_linked_role(check.context["iam:awsservicename"][0], "", "")


def _public_address(private: str) -> str | None:
    """Return the public address that a host's requests show, or None for a host that reaches AWS by an endpoint."""
    for region in ec2_regions():
        for instance in ec2(region).all_running_instances():
            if instance.private_ip != private:
                continue
            if instance.public_ip:
                return str(instance.public_ip)
            for gateway in ec2(region).nat_gateways.values():
                if gateway.vpc_id == instance.vpc_id and gateway.state == "available":
                    return str(gateway.address_set[0]["publicIp"]) if gateway.address_set else None
    return None


def ec2_regions() -> list[str]:
    """Return the regions in which anything of EC2 was used."""
    from moto.ec2.models import ec2_backends

    return list(ec2_backends[ACCOUNT_ID].keys())
