# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the emulated API by itself: ``python -m nodeops_lab.api --port 5555``."""

from __future__ import annotations

import argparse
import logging
import signal
import tempfile
from pathlib import Path

from .server import ApiServer
from .settings import DEFAULT_PUBLIC_CIDR, DEFAULT_REGION, ApiSettings


def main() -> None:
    """Serve until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m nodeops_lab.api", description="Serve the emulated AWS API.")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=5555, help="port to listen on (%(default)s)")
    parser.add_argument("--state-directory", type=Path, help="the lab's state directory (a temporary one)")
    parser.add_argument("--public-cidr", default=DEFAULT_PUBLIC_CIDR, help="block of public addresses (%(default)s)")
    parser.add_argument("--region", default=DEFAULT_REGION, help="(%(default)s)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")

    # Blocked before any thread exists, so that only sigwait below receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with tempfile.TemporaryDirectory(prefix="nodeops-api-") as temporary:
        state_directory = arguments.state_directory or Path(temporary)
        server = ApiServer(
            [(arguments.address, arguments.port)],
            ApiSettings(state_directory, arguments.public_cidr, arguments.region),
        )
        server.start()
        address, port = server.listeners[0]
        logging.getLogger(__name__).info("serving on http://%s:%s", address, port)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        server.stop()


if __name__ == "__main__":
    main()
