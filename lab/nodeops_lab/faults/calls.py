# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to the API asks for, as far as faults are concerned: whose key, which service, which operation."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel
from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

FORM = "application/x-www-form-urlencoded"
_CBOR = re.compile(r"^/service/[^/]+/operation/(?P<operation>[^/]+)$")
_CREDENTIAL = re.compile(r"Credential=(?P<credential>[^,\s]+)")


@dataclass(frozen=True)
class Call:
    """One request."""

    key_id: str
    service: str
    """The name that it is signed for."""
    operation: str
    """Empty where it is unknown."""
    protocol: str
    """``ec2``, ``query``, ``json``, ``cbor``, ``rest-json``, ``rest-xml`` or ``s3``."""


@lru_cache(maxsize=1)
def services() -> dict[str, tuple[str, ...]]:
    """Return botocore's services by the name that requests for them are signed for."""
    session = botocore.session.get_session()
    found: dict[str, tuple[str, ...]] = {}
    for name in session.get_available_services():
        metadata = _model(name).metadata
        signed_for = metadata.get("signingName", metadata["endpointPrefix"])
        found[signed_for] = (*found.get(signed_for, ()), name)
    return found


@lru_cache(maxsize=64)
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def signing_name(service: str) -> str | None:
    """Return the name that requests for a service of botocore or IAM are signed for, or None for no service."""
    aliases = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}
    name = aliases.get(service, service)
    try:
        metadata = _model(name).metadata
    except UnknownServiceError:
        return name if name in services() else None
    return str(metadata.get("signingName", metadata["endpointPrefix"]))


def operations(service: str) -> set[str]:
    """Return the operations of the services that share a signing name."""
    return {operation for name in services()[service] for operation in _model(name).operation_names}


def read(environ: dict[str, Any]) -> Call | None:
    """Return what a request asks for, leaving it readable; None for one that is not signed."""
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    found = _CREDENTIAL.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    credential = found["credential"] if found else unquote(query.get("X-Amz-Credential", ""))
    parts = credential.split("/")
    if len(parts) != 5:
        return None
    service = parts[3].lower()
    operation, protocol = _operation(environ, service, query)
    return Call(parts[0], service, operation, protocol)


def _operation(environ: dict[str, Any], service: str, query: dict[str, str]) -> tuple[str, str]:
    path = str(environ.get("PATH_INFO", "/"))
    if matched := _CBOR.match(path):
        return matched["operation"], "cbor"
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2], "json"
    if str(environ.get("CONTENT_TYPE", "")).startswith(FORM):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
        return action, "ec2" if service == "ec2" else "query"
    if "Action" in query:
        return query["Action"], "ec2" if service == "ec2" else "query"
    return _by_path(environ, service)


def _by_path(environ: dict[str, Any], service: str) -> tuple[str, str]:
    request = Request(environ)
    names = services().get(service, ())
    for name in names:
        try:
            model, _ = get_service_router(name).match(request)
        except (NotFound, NotImplementedError):
            continue
        protocol = "s3" if service == "s3" else str(_model(name).metadata["protocol"])
        return model.name, protocol
    protocols = {str(_model(name).metadata["protocol"]) for name in names}
    return "", "s3" if service == "s3" else (protocols.pop() if len(protocols) == 1 else "rest-json")
