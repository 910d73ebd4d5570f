# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of the registry: docker-registry, and the lists of tags in pages, which that leaves out.

The distribution specification lets a registry answer fewer tags than asked for, in lexical order and with a Link to
the next page ("Listing Tags"); public registries do. A page has ten here, so that nobody gets by with the first.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

REGISTRY = "http://127.0.0.1:5000"
PORT = 5001
PAGE = 10
_PATH = re.compile(r"/v2/[a-z0-9._/-]+/tags/list")


def page(tags: list[str], last: str, size: int) -> tuple[list[str], bool]:
    """Return (the tags of a page, whether there are more): those after `last`, at most `size` and PAGE of them."""
    rest = sorted(tag for tag in tags if tag > last)
    size = min(size, PAGE)
    return rest[:size], len(rest) > size


class Handler(BaseHTTPRequestHandler):
    """Answers lists of tags only: the gateway sends everything else to docker-registry itself."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: Any) -> None:
        """Requests are not worth a line."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not _PATH.fullmatch(parts.path):
            self._send(404, {"errors": [{"code": "NOT_FOUND"}]})
            return
        query = parse_qs(parts.query)
        size = query.get("n", [str(PAGE)])[0]
        if not size.isdigit():
            self._send(400, {"errors": [{"code": "PAGINATION_NUMBER_INVALID"}]})
            return
        try:
            with urllib.request.urlopen(REGISTRY + parts.path, timeout=30) as answer:
                document = json.load(answer)
        except urllib.error.HTTPError as error:
            self._send(error.code, json.load(error))
            return
        tags, more = page(document["tags"] or [], query.get("last", [""])[0], int(size))
        link = f'<{parts.path}?last={quote(tags[-1])}&n={size}>; rel="next"' if more and tags else None
        self._send(200, {**document, "tags": tags}, link)

    def _send(self, status: int, document: Any, link: str | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        if link:
            self.send_header("Link", link)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    """Run both until docker-registry ends; the engine then starts the container again."""
    registry = subprocess.Popen(["/usr/bin/docker-registry", "serve", "/etc/docker/registry/config.yml"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: registry.terminate())
    server = ThreadingHTTPServer(("", PORT), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return registry.wait()


if __name__ == "__main__":
    sys.exit(main())
