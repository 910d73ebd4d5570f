# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node's log: JSON or console lines on stderr, JSON lines in the optional log file."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from .errors import CommandError
from .versions import Version

LEVELS = ("debug", "info", "warn", "error", "crit", "panic", "fatal")
FILE_NAME = "chainlink_debug.log"


class Sink:
    """Where the lines of all loggers go; counts them by level for the metrics."""

    def __init__(self, version: Version, level: str, json_console: bool, stream: TextIO | None = None) -> None:
        self.build = f"{version}@{version.commit[:7]}"
        self.counts: Counter[str] = Counter()
        self._threshold = LEVELS.index(level)
        self._json_console = json_console
        self._stream = stream or sys.stderr
        self._file: TextIO | None = None
        self._lock = threading.Lock()

    def open_file(self, directory: str) -> None:
        """Also write to the log file in ``directory``. Raises CommandError."""
        try:
            Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = open(Path(directory) / FILE_NAME, "a", encoding="utf-8", buffering=1)  # noqa: SIM115
        except OSError as error:
            raise CommandError(f"unable to create log file in {directory}: {error.strerror}") from error

    def write(self, level: str, name: str, message: str, values: dict[str, Any]) -> None:
        self.counts[level] += 1
        if LEVELS.index(level) < self._threshold:
            return
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        logger = f"{self.build}.{name}" if name else self.build
        record = {"level": level, "ts": stamp, "logger": logger, "msg": message, "version": self.build, **values}
        line = json.dumps(record, default=str)
        if self._json_console:
            shown = line
        else:
            pairs = "".join(f" {key}={value}" for key, value in record.items() if key in values or key == "logger")
            shown = f"{stamp} [{level.upper()}]".ljust(33) + f" {message.ljust(50)}{pairs}"
        with self._lock:
            self._stream.write(shown + "\n")
            self._stream.flush()
            if self._file:
                self._file.write(line + "\n")


class Logger:
    """A named logger; ``values`` become fields of the line. Never hand it a secret that officially is not logged."""

    def __init__(self, sink: Sink, name: str = "", **values: Any) -> None:
        self.sink = sink
        self._name = name
        self._values = values

    def named(self, name: str, **values: Any) -> Logger:
        return Logger(self.sink, f"{self._name}.{name}" if self._name else name, **{**self._values, **values})

    def debug(self, message: str, **values: Any) -> None:
        self.sink.write("debug", self._name, message, {**self._values, **values})

    def info(self, message: str, **values: Any) -> None:
        self.sink.write("info", self._name, message, {**self._values, **values})

    def warn(self, message: str, **values: Any) -> None:
        self.sink.write("warn", self._name, message, {**self._values, **values})

    def error(self, message: str, **values: Any) -> None:
        self.sink.write("error", self._name, message, {**self._values, **values})

    def critical(self, message: str, **values: Any) -> None:
        self.sink.write("crit", self._name, message, {**self._values, **values})

    def fatal(self, message: str, **values: Any) -> None:
        self.sink.write("fatal", self._name, message, {**self._values, **values})
