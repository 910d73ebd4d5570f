# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance metadata service, version 2, for every instance of the lab.

An instance is known by its address: <directory>/<address>.json holds
{"instance_id", "options": {"http_endpoint", "http_tokens", "hop_limit"}, "tree": {"meta-data/ami-id": "...", ...}}
and is written by the lab's reconciler. Behaviour after the EC2 User Guide, "Use the Instance Metadata Service":
401 without a valid token where tokens are required, 403 where a forwarding header accompanies the token request,
listings of directories, and a reply to the token request that travels no further than the hop limit.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DIRECTORY = Path("/lab/metadata")
ADDRESS = ("169.254.169.254", 80)
TOKEN_HEADER = "X-aws-ec2-metadata-token"
LIFETIME_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
LONGEST_LIFETIME = 21600
VERSIONS = ("1.0", "2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "2022-09-24", "latest")


@dataclass(frozen=True)
class Instance:
    """What the service knows of one instance."""

    instance_id: str
    endpoint_enabled: bool
    tokens_required: bool
    hop_limit: int
    tree: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """An answer: status, body, and the token's lifetime where it is a token."""

    status: int
    body: str = ""
    lifetime: int | None = None


def read_instance(directory: Path, address: str) -> Instance | None:
    """Return the instance with this address, or None."""
    try:
        document = json.loads((directory / f"{address}.json").read_text())
    except FileNotFoundError:
        return None
    options = document["options"]
    return Instance(
        instance_id=document["instance_id"],
        endpoint_enabled=options["http_endpoint"] == "enabled",
        tokens_required=options["http_tokens"] == "required",
        hop_limit=options["hop_limit"],
        tree=document["tree"],
    )


def look_up(tree: dict[str, str], path: str) -> str | None:
    """Return the value at a path, or the listing of the directory there, or None.

    Keys ending in "/" hold listings that differ from the names below them (public-keys/ is "0=name").
    """
    name = path.rstrip("/")
    for key in (path, name, f"{name}/"):
        if key and key in tree:
            return tree[key]
    prefix = f"{name}/" if name else ""
    # A directory's own listing key ends there: it adds no entry.
    below = [key[len(prefix) :] for key in tree if key.startswith(prefix) and key != prefix]
    if not below:
        return None
    return "\n".join(sorted({head + slash for head, slash, _ in (entry.partition("/") for entry in below)}))


class Tokens:
    """The tokens given out: a token is good for the instance that asked for it, for as long as it asked."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, float]] = {}

    def issue(self, instance_id: str, lifetime: int) -> str:
        """Return a new token."""
        now = time.monotonic()
        self._tokens = {token: entry for token, entry in self._tokens.items() if entry[1] > now}
        token = secrets.token_urlsafe(42)
        self._tokens[token] = (instance_id, now + lifetime)
        return token

    def valid(self, token: str, instance_id: str) -> bool:
        """Return whether this instance holds this token."""
        holder, expiry = self._tokens.get(token, ("", 0.0))
        return holder == instance_id and expiry > time.monotonic()


def answer_token_request(instance: Instance, tokens: Tokens, headers: dict[str, str]) -> Answer:
    """Answer PUT /latest/api/token. `headers` has lower-case names."""
    if "x-forwarded-for" in headers:
        return Answer(403)
    lifetime = headers.get(LIFETIME_HEADER.lower(), "")
    if not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST_LIFETIME:
        return Answer(400)
    return Answer(200, tokens.issue(instance.instance_id, int(lifetime)), int(lifetime))


def answer_request(instance: Instance, tokens: Tokens, path: str, headers: dict[str, str]) -> Answer:
    """Answer GET. `headers` has lower-case names."""
    token = headers.get(TOKEN_HEADER.lower())
    if token is None and instance.tokens_required:
        return Answer(401)
    if token is not None and not tokens.valid(token, instance.instance_id):
        return Answer(401)
    version, _, rest = path.partition("?")[0].lstrip("/").partition("/")
    if not version:
        return Answer(200, "\n".join(VERSIONS))
    found = look_up(instance.tree, rest) if version in VERSIONS else None
    return Answer(404) if found is None else Answer(200, found)


class Handler(BaseHTTPRequestHandler):
    """Joins HTTP and the functions above."""

    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    timeout = 60
    tokens = Tokens()

    def _instance(self) -> Instance | None:
        instance = read_instance(DIRECTORY, self.client_address[0])
        if instance is None:
            self._send(Answer(404))
        elif not instance.endpoint_enabled:
            self._send(Answer(403))
            return None
        return instance

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if answer.lifetime is not None:
            self.send_header(LIFETIME_HEADER, str(answer.lifetime))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        """Answer a token request; the reply dies behind as many hops as the instance's options allow."""
        instance = self._instance()
        if instance is None:
            return
        if self.path != "/latest/api/token":
            self._send(Answer(405))
            return
        self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, instance.hop_limit)
        self._send(answer_token_request(instance, self.tokens, self._headers()))

    def do_GET(self) -> None:
        """Answer a question about the instance that asks."""
        instance = self._instance()
        if instance is not None:
            self._send(answer_request(instance, self.tokens, self.path, self._headers()))

    def do_HEAD(self) -> None:
        """Answer as GET does, without the body."""
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Log status and path only; neither headers nor bodies, which hold tokens and credentials."""
        print(self.client_address[0], format % arguments, file=sys.stderr, flush=True)


if __name__ == "__main__":
    ThreadingHTTPServer(ADDRESS, Handler).serve_forever()
