# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's one process on the machine: the emulated API and the reconciler. `lab up` starts it."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from .api.backends import master_password
from .api.server import ApiServer
from .images import Images
from .reconciler.loop import Reconciler
from .settings import LabSettings


def main() -> None:
    """Serve the lab named by the first argument, with the images named by the others, until terminated."""
    settings = LabSettings.load(sys.argv[1])
    images = Images(*sys.argv[2:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("botocore", "boto3", "urllib3", "docker"):
        logging.getLogger(library).setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    server = ApiServer(
        listeners=[("127.0.0.1", settings.api_port), (settings.fabric_gateway, settings.api_port)], settings=settings
    )
    server.start()
    reconciler = Reconciler(settings, images, lambda cluster_id: master_password(cluster_id, settings.region))
    reconciler.start()
    ended.wait()
    reconciler.stop()
    server.stop()


if __name__ == "__main__":
    main()
