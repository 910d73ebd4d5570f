# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request asks for: service, operation and parameters, read with botocore's descriptions of the services."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestDict, RequestParserError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from ..backends import ACCOUNT_ID

FORM = "application/x-www-form-urlencoded"
CBOR = re.compile(r"^/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)$")
# Of S3, only the paths matter, and objects are large: the body stays unread.
UNREAD = frozenset({"s3"})

# By the name that requests are signed for: the services of botocore that share it, and the prefix of IAM's actions.
# The others have one name in all three places.
_SERVICES: dict[str, tuple[tuple[str, ...], str]] = {
    "elasticloadbalancing": (("elbv2", "elb"), "elasticloadbalancing"),
    "monitoring": (("cloudwatch",), "cloudwatch"),
    "ses": (("sesv2", "ses"), "ses"),
    "tagging": (("resourcegroupstaggingapi",), "tag"),
    "servicequotas": (("service-quotas",), "servicequotas"),
    "states": (("stepfunctions",), "states"),
    "elasticfilesystem": (("efs",), "elasticfilesystem"),
    "s3": (("s3", "s3control"), "s3"),
}


class UnreadableRequestError(ValueError):
    """The body does not fit the operation."""


@dataclass(frozen=True)
class Call:
    """One request, as far as IAM is concerned."""

    prefix: str
    """The service's prefix in IAM's actions."""
    operation: str
    """The operation's name, or method and path where it is unknown."""
    region: str
    protocol: str
    """``query``, ``ec2``, ``json``, ``cbor``, ``rest-json`` or ``rest-xml``."""
    parameters: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    caller: str = ""
    """The name of the user who asks; empty for others."""

    @property
    def action(self) -> str:
        """The operation as IAM's action, if it has the same name."""
        return f"{self.prefix}:{self.operation}"

    def arn(self, resource: str, service: str | None = None, region: str | None = None) -> str:
        """Return the ARN of a resource in this region and account."""
        place = self.region if region is None else region
        return f"arn:aws:{service or self.prefix}:{place}:{ACCOUNT_ID}:{resource}"

    @cached_property
    def request_tags(self) -> dict[str, str]:
        """The tags that the request carries for what it creates or changes."""
        return tags_of(self.parameters)


def tags_of(parameters: dict[str, Any]) -> dict[str, str]:
    """Return the tags among an operation's parameters, whatever that service calls them."""
    found: dict[str, str] = {}
    for name in ("Tags", "tags", "TagList", "BackupPlanTags", "BackupVaultTags", "AddTags"):
        given = parameters.get(name)
        if isinstance(given, dict):
            found |= {str(key): str(value) for key, value in given.items()}
        for item in given if isinstance(given, list) else []:
            if isinstance(item, dict):
                key = item.get("Key", item.get("TagKey"))
                if key is not None:
                    found[str(key)] = str(item.get("Value", item.get("TagValue")) or "")
    for specification in parameters.get("TagSpecifications") or []:
        found |= tags_of(specification)
    return found


def read(environ: dict[str, Any], signing_name: str, region: str) -> Call:
    """Return what a request asks for, leaving the request readable.

    Raises:
        UnreadableRequestError: its body does not fit the operation that it names.
    """
    services, prefix = _SERVICES.get(signing_name, ((signing_name,), signing_name))
    body = b"" if signing_name in UNREAD else read_body(environ)
    path = str(environ.get("PATH_INFO", "/"))
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if matched := CBOR.match(path):
        return Call(prefix, matched["operation"], region, "cbor")
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    try:
        if target:
            parameters = json.loads(body or b"{}")
            if not isinstance(parameters, dict):
                raise UnreadableRequestError("the body is no object")
            return Call(prefix, target.rpartition(".")[2], region, "json", parameters)
        if content_type.startswith(FORM) or "Action" in query:
            values = {**query, **dict(parse_qsl(body.decode(), keep_blank_values=True))}
            return _read_form(services, prefix, region, values)
        return _read_path(environ, services, prefix, region, query)
    except (RequestParserError, ValueError, KeyError, TypeError) as error:
        raise UnreadableRequestError(str(type(error).__name__)) from error


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body, leaving it readable."""
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        body = stream.read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def _read_form(services: tuple[str, ...], prefix: str, region: str, values: dict[str, str]) -> Call:
    operation = values.get("Action", "")
    for service in services:
        model = _operation(service, operation)
        if model is not None:
            protocol = "ec2" if service == "ec2" else "query"
            return Call(prefix, operation, region, protocol, _parse(protocol, model, values=values), values)
    return Call(prefix, operation, region, "query", {}, values)


def _read_path(
    environ: dict[str, Any], services: tuple[str, ...], prefix: str, region: str, query: dict[str, str]
) -> Call:
    request = Request(environ)
    for service in services:
        try:
            model, labels = get_service_router(service).match(request)
        except (NotFound, NotImplementedError, UnknownServiceError):
            continue
        protocol = str(model.service_model.metadata["protocol"])
        if protocol == "rest-json":
            parameters = _parse(
                protocol,
                model,
                # A parameter may be there several times.
                values=MultiDict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)),
                headers=request.headers,
                body=read_body(environ),
                method=request.method,
                url_path=request.path,
                url_params=labels,
            )
        else:
            # Of S3's headers some are conditions of policies, and one names another object.
            amazon = {
                name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-amz-")
            }
            parameters = {**labels, **({"headers": amazon} if prefix == "s3" else {})}
        return Call(prefix, model.name, region, protocol, parameters, query)
    protocol = "rest-xml" if prefix in ("s3", "route53", "cloudfront") else "rest-json"
    return Call(prefix, f"{request.method} {request.path}", region, protocol, {}, query)


def _operation(service: str, name: str) -> OperationModel | None:
    try:
        model = get_service_model(service)
    except UnknownServiceError:
        return None
    return model.operation_model(name) if name in model.operation_names else None


def _parse(protocol: str, model: OperationModel, **parts: Any) -> dict[str, Any]:
    return PROTOCOL_PARSERS[protocol](model).parse(cast(RequestDict, parts))
