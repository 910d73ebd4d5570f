# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a registry by the protocol of the OCI distribution specification; reads only, and decides nothing.

Every request is HTTPS with the server's certificate verified, wherever an answer points to: the opener of
:func:`https_opener` has no handler for anything else.
"""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

#: Docker's name for its registry is not where the registry is.
_DOCKER_HUB = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join(_INDEXES + _MANIFESTS)
_RETRIED = (429, 500, 502, 503, 504)
_TAGS_A_PAGE = 1000
_MAXIMUM_PAGES = 10_000
_MAXIMUM_BODY_BYTES = 16 * 1024 * 1024
_REQUEST_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_LINK = re.compile(r'<([^>]*)>[^,]*;\s*rel="?next"?')


class RegistryError(Exception):
    """A registry that did not give what it was asked for; the message is for the operator."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects as registries make them for blobs, to HTTPS alone."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def https_opener(https: urllib.request.BaseHandler | None = None) -> urllib.request.OpenerDirector:
    """An opener that speaks HTTPS alone, by the machine's proxy settings and certificate authorities.

    https: the handler of https:// URLs, where it is not to be the standard library's.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        https or urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        _HttpsRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


class Registry:
    """One repository of one registry, read without credentials of one's own. Not for use from several threads."""

    def __init__(
        self,
        registry: str,
        repository: str,
        timeout: float,
        opener: urllib.request.OpenerDirector | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """timeout: seconds for everything that is asked of this object, all waiting included."""
        self._name = f"{registry}/{repository}"
        self._repository = repository
        self._base = f"https://{_DOCKER_HUB.get(registry, registry)}/v2/{repository}"
        self._timeout = timeout
        self._opener = opener or https_opener()
        self._clock = clock
        self._sleep = sleep
        self._deadline = clock() + timeout
        self._token: str | None = None

    def tags(self) -> list[str]:
        """Every tag of the repository, in the registry's order; raises RegistryError."""
        action = "list the tags"
        url: str | None = f"{self._base}/tags/list?n={_TAGS_A_PAGE}"
        tags: list[str] = []
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) >= _MAXIMUM_PAGES:
                raise self._error(action, "its pages do not end")
            seen.add(url)
            answer = self._get(url, action)
            if answer.status == 404:
                raise self._error(action, "there is no such repository (HTTP status 404)")
            document = self._document(answer, action)
            page = document.get("tags") or []
            if not isinstance(page, list):
                raise self._error(action, "its answer has no list of tags")
            tags.extend(tag for tag in page if isinstance(tag, str))
            url = self._next(answer, document, action)
        return tags

    def digest(self, tag: str, platform: str) -> str | None:
        """The digest by which Docker pins a tag: that of its index or, where it has none, of its single manifest.

        None where there is no manifest, or none for the platform ("linux/amd64"). Raises RegistryError.
        """
        action = f"read the manifest of {tag}"
        answer = self._get(f"{self._base}/manifests/{quote(tag, safe='')}", action, _ACCEPT)
        if answer.status == 404:
            return None
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        announced = answer.headers.get("docker-content-digest", digest)
        if announced.startswith("sha256:") and announced != digest:
            raise self._error(action, "its content does not have the digest that the registry announces")
        return digest if platform in self._platforms(answer, action) else None

    def _platforms(self, answer: _Answer, action: str) -> set[str]:
        """The platforms of an index or a manifest, each as os/architecture and, where it has one, with its variant."""
        document = self._document(answer, action)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _INDEXES or (kind not in _MANIFESTS and "manifests" in document):
            entries = document.get("manifests")
            if not isinstance(entries, list):
                raise self._error(action, "the index lists no manifests")
            return {name for entry in entries if isinstance(entry, dict) for name in _names(entry.get("platform"))}
        config = document.get("config")
        if not isinstance(config, dict) or not isinstance(config.get("digest"), str):
            # The first format of manifests, which Docker no longer pulls.
            return set()
        return set(_names(self._blob(config["digest"], action)))

    def _blob(self, digest: str, action: str) -> dict[str, Any]:
        answer = self._get(f"{self._base}/blobs/{quote(digest, safe=':')}", action)
        if answer.status == 404 or digest != f"sha256:{hashlib.sha256(answer.body).hexdigest()}":
            raise self._error(action, "its configuration is missing or does not have its digest")
        return self._document(answer, action)

    def _next(self, answer: _Answer, document: Mapping[str, Any], action: str) -> str | None:
        """The URL of the page after this one: a Link header has it or, as on Docker Hub, the answer's own `next`."""
        match = _LINK.search(answer.headers.get("link", ""))
        target = match.group(1) if match else document.get("next")
        if not isinstance(target, str) or not target:
            return None
        url = urljoin(answer.url, target)
        # A token goes with the request, and it is for this registry.
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise self._error(action, "its next page is on another server")
        return url

    def _document(self, answer: _Answer, action: str) -> dict[str, Any]:
        try:
            document = json.loads(answer.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._error(action, "its answer is not a JSON object")
        return document

    def _get(self, url: str, action: str, accept: str = "application/json") -> _Answer:
        """An answer of status 200 or 404, with a token where the registry wants one."""
        answer = self._patiently(url, action, accept)
        if answer.status == 401:
            self._token = self._fetch_token(answer.headers.get("www-authenticate", ""), action)
            answer = self._patiently(url, action, accept)
        if answer.status in (401, 403):
            raise self._error(
                action,
                f"the repository does not exist, or is not for everyone to read (HTTP status {answer.status})",
            )
        if answer.status not in (200, 404):
            raise self._error(action, f"HTTP status {answer.status}")
        return answer

    def _fetch_token(self, challenge: str, action: str) -> str:
        """An anonymous token, from where a challenge says."""
        scheme, _blank, rest = challenge.partition(" ")
        parameters = dict(_PARAMETER.findall(rest))
        realm = parameters.get("realm", "")
        if scheme.lower() != "bearer" or not realm:
            raise self._error(action, "it wants credentials and gives no token without (HTTP status 401)")
        query = {"scope": f"repository:{self._repository}:pull", **parameters}
        query = {name: query[name] for name in ("service", "scope") if name in query}
        self._token = None
        joint = "&" if urlsplit(realm).query else "?"
        answer = self._patiently(f"{realm}{joint}{urlencode(query)}", action, "application/json")
        if answer.status != 200:
            raise self._error(action, f"it gives no token (HTTP status {answer.status})")
        document = self._document(answer, action)
        token = document.get("token") or document.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise self._error(action, "its token is not usable")
        return token

    def _patiently(self, url: str, action: str, accept: str) -> _Answer:
        """An answer of any status but those after which one asks again, as long as the time allows."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            answer = self._once(url, action, accept)
            if isinstance(answer, _Answer):
                if answer.status not in _RETRIED:
                    return answer
                reason = f"HTTP status {answer.status}"
                wait = max(pause, _retry_after(answer.headers.get("retry-after", "")))
            else:
                reason, wait = answer, pause
            if self._clock() + wait > self._deadline:
                given = f"the {self._timeout:.0f} s given"
                raise self._error(action, f"{reason}, and asking again in {wait:.0f} s would take longer than {given}")
            self._sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _once(self, url: str, action: str, accept: str) -> _Answer | str:
        """The answer to one request or, where none came and another may bring one, what happened."""
        request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "nodeops.chainlink"})  # noqa: S310 - the opener speaks HTTPS alone
        if self._token is not None:
            # Not for where the registry may redirect to.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        seconds = max(0.1, min(_REQUEST_SECONDS, self._deadline - self._clock()))
        try:
            _require_https(url)
            try:
                response = self._opener.open(request, timeout=seconds)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                return self._read(response, action)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise self._error(action, f"its certificate is not trusted ({reason.verify_message})") from error
            if isinstance(reason, ConnectionResetError):
                return "the connection was cut"
            if isinstance(reason, (TimeoutError, socket.timeout)):
                return "no answer came in time"
            if isinstance(error, _NotHttpsError):
                raise self._error(action, str(error)) from error
            text = getattr(reason, "strerror", None) or type(reason).__name__
            raise self._error(action, f"it cannot be reached: {text}") from error

    def _read(self, response: Any, action: str) -> _Answer:
        body = response.read(_MAXIMUM_BODY_BYTES + 1)
        if len(body) > _MAXIMUM_BODY_BYTES:
            raise self._error(action, "its answer is too large")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return _Answer(response.status, headers, body, response.geturl())

    def _error(self, action: str, reason: str) -> RegistryError:
        return RegistryError(f"could not {action} of {self._name}: {reason}")


class _NotHttpsError(ValueError):
    """An answer led to a URL that is not HTTPS."""


def _require_https(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme != "https":
        raise _NotHttpsError(f"it leads to a {scheme[:20]} URL, and only https is used")


def _names(platform: object) -> list[str]:
    """The names of a platform: os/architecture and, where it has a variant, that with the variant too."""
    if not isinstance(platform, dict) or not platform.get("os") or not platform.get("architecture"):
        return []
    name = f"{platform['os']}/{platform['architecture']}"
    return [name, f"{name}/{platform['variant']}"] if platform.get("variant") else [name]


def _retry_after(value: str) -> float:
    """The seconds that a Retry-After header asks for; none where it cannot be read."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    moment = email.utils.parsedate_tz(value) if value else None
    return max(0.0, email.utils.mktime_tz(moment) - time.time()) if moment else 0.0
