# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of AWS services with timeouts that suit a boot."""

from __future__ import annotations

from typing import Any

from .errors import AwsError

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10
#: botocore gives the instance's metadata a second, once: where they are slower it finds no credentials, and says that
#: there are none (botocore, configprovider.py).
METADATA_TIMEOUT_SECONDS = 5
METADATA_ATTEMPTS = 3


def client(service: str, region: str) -> Any:
    """A boto3 client; raises AwsError where boto3 is not installed."""
    try:
        import boto3
        import botocore.session
        from botocore.config import Config
    except ImportError as error:
        raise AwsError("boto3 is not installed; install the package python3-boto3") from error
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
    )
    session = botocore.session.get_session()
    session.set_config_variable("metadata_service_timeout", METADATA_TIMEOUT_SECONDS)
    session.set_config_variable("metadata_service_num_attempts", METADATA_ATTEMPTS)
    create: Any = boto3.Session(botocore_session=session).client
    return create(service, region_name=region, config=config)
