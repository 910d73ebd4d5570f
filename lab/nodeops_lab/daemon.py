# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's one process on the machine: the emulated API and what follows it. `lab up` starts it."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from .api.access.accounts import OPERATOR, create_administrator, create_user, operator_policies
from .api.access.credentials import AccessKey
from .api.access.gate import Gate
from .api.access.record import CALLS_FILE, Recorder
from .api.backends import master_password
from .api.server import ApiServer
from .images import Images
from .paper import Paper
from .reconciler.loop import Reconciler
from .settings import OPERATOR_POLICIES, LabSettings


def main() -> None:
    """Serve the lab named by the first argument, with the images named by the others, if any, until terminated."""
    settings = LabSettings.load(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("botocore", "boto3", "urllib3", "docker"):
        logging.getLogger(library).setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    recorder = Recorder(settings.state_directory / CALLS_FILE)
    server = ApiServer(
        listeners=[(address, settings.api_port) for address in ("127.0.0.1", settings.fabric_gateway) if address],
        settings=settings,
        gate=Gate(
            AccessKey(settings.lab_access_key_id, settings.lab_secret_access_key), settings.client_address, recorder
        ),
    )
    create_users(settings)
    server.start()
    follower = _follower(settings)
    follower.start()
    ended.wait()
    follower.stop()
    server.stop()
    recorder.close()


def _follower(settings: LabSettings) -> Reconciler | Paper:
    if not settings.machines:
        return Paper(settings)
    images = Images(*sys.argv[2:])
    return Reconciler(settings, images, lambda cluster_id: master_password(cluster_id, settings.region))


def create_users(settings: LabSettings) -> None:
    """Create the users that every lab has."""
    operator = AccessKey(settings.operator_access_key_id, settings.operator_secret_access_key)
    policies = operator_policies(OPERATOR_POLICIES, settings.name, settings.region)
    create_user(OPERATOR, operator, policies)
    create_administrator(AccessKey(settings.administrator_access_key_id, settings.administrator_secret_access_key))


if __name__ == "__main__":
    main()
