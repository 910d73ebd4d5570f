# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve until terminated; the directory holds control.json, which is read, and status.json, which is written."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from .control import parse
from .server import Endpoint

PORT = 8545
SECONDS = 0.2
"""Between two looks at the control file."""


async def follow(endpoint: Endpoint, directory: Path) -> None:
    """Apply each new control file and say so in the status, for ever."""
    known, told = "", ""
    while True:
        path = directory / "control.json"
        text = path.read_text() if path.exists() else "{}"
        if text != known:
            known = text
            try:
                await endpoint.apply(parse(json.loads(text)))
            except (ValueError, TypeError, AttributeError) as error:
                print(f"ethereum: control.json is not usable: {error}", file=sys.stderr, flush=True)
        status = json.dumps(endpoint.status())
        if status != told:
            draft = directory / ".status.json.draft"
            draft.write_text(status)
            draft.replace(directory / "status.json")
            told = status
        await asyncio.sleep(SECONDS)


async def main(directory: Path, host: str = "0.0.0.0", port: int = PORT) -> None:
    """Run everything until a signal."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    endpoint = Endpoint(host, port)
    await endpoint.start()
    tasks = [asyncio.create_task(endpoint.heads()), asyncio.create_task(follow(endpoint, directory))]
    waiting = asyncio.create_task(ended.wait())
    done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {waiting}:
        task.result()  # raises what ended it; the engine then starts the container again


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
