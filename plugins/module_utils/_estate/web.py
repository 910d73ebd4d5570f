# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a web server at a given address, as a browser would that resolved its name to it."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """What came back: a status, where a redirect leads to, or why nothing came."""

    status: int | None = None
    location: str | None = None
    error: str | None = None


def ask(address: str, url: str, ca_file: str | None = None, timeout: float = 5.0) -> Answer:
    """GET a URL from one address; HTTPS verifies the certificate for the URL's name, by ca_file or the system's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        connection = http.client.HTTPConnection(host, timeout=timeout)
        plain = socket.create_connection((address, parts.port or PORTS[parts.scheme]), timeout=timeout)
        connection.sock = (
            ssl.create_default_context(cafile=ca_file).wrap_socket(plain, server_hostname=host)
            if parts.scheme == "https"
            else plain
        )
        try:
            connection.request("GET", parts.path or "/", headers={"Host": host})
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Location"))
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return Answer(error=f"its certificate is not trusted for {host}: {error.verify_message}")
    except (OSError, http.client.HTTPException) as error:
        return Answer(error=str(error) or type(error).__name__)


def resolve(host: str) -> list[str]:
    """The IPv4 addresses that a name has from here; empty where it has none."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, 443, socket.AF_INET, socket.SOCK_STREAM)})
    except OSError:
        return []
