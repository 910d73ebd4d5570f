# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instance metadata service, version 2 only."""

from __future__ import annotations

import http.client
import socket

from .errors import AwsError

ADDRESS = "169.254.169.254"
TIMEOUT_SECONDS = 3.0
TOKEN_SECONDS = 300
ESTATE_TAG = "nodeops:estate"


class InstanceMetadata:
    """What an EC2 instance can learn about itself. Not for use from several threads."""

    def __init__(self, address: str = ADDRESS, port: int = 80, timeout: float = TIMEOUT_SECONDS) -> None:
        self._address = address
        self._port = port
        self._timeout = timeout
        self._token: str | None = None

    def instance_id(self) -> str:
        return self._required("instance-id")

    def region(self) -> str:
        return self._required("placement/region")

    def estate(self) -> str:
        """The value of the tag that names the instance's estate; raises AwsError with what to do without it."""
        value = self._get(f"tags/instance/{ESTATE_TAG}")
        if value:
            return value
        raise AwsError(
            f"the instance metadata have no tag {ESTATE_TAG}: tag the instance with its estate's name and set "
            "InstanceMetadataTags to enabled",
            # Tags of a new instance can reach the metadata service a moment after the boot.
            retryable=True,
        )

    def _required(self, path: str) -> str:
        value = self._get(path)
        if value is None:
            raise AwsError(f"the instance metadata service has no {path}", retryable=True)
        return value

    def _get(self, path: str) -> str | None:
        """The text at a path below /latest/meta-data/, or None where it is not found."""
        if self._token is None:
            header = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            status, self._token = self._request("PUT", "/latest/api/token", header)
            if status != 200:
                self._token = None
                raise AwsError(f"the instance metadata service gave no token (HTTP status {status})", retryable=True)
        status, text = self._request("GET", f"/latest/meta-data/{path}", {"X-aws-ec2-metadata-token": self._token})
        if status == 401:
            self._token = None
            raise AwsError("the instance metadata service refused its own token", retryable=True)
        if status == 404:
            return None
        if status != 200:
            raise AwsError(f"the instance metadata service answered {path} with HTTP status {status}", retryable=True)
        return text

    def _request(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self._address, self._port, timeout=self._timeout)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        except (OSError, socket.timeout, http.client.HTTPException) as error:
            raise AwsError(
                f"no answer from the instance metadata service at {self._address} ({type(error).__name__}): this must "
                "run on an EC2 instance with the service enabled",
                retryable=True,
            ) from error
        finally:
            connection.close()
