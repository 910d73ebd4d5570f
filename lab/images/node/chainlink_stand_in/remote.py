# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that ask a running node over HTTP: health, admin login and status, keys."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import CommandError
from .users import credentials_from_file
from .versions import Version

DEFAULT_URL = "http://localhost:6688"


@dataclass
class Remote:
    """A node's HTTP interface; the session cookie lives in the user's cache directory, as officially."""

    url: str = DEFAULT_URL
    insecure: bool = False
    cookie_path: Path = field(
        default_factory=lambda: (
            Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainlink" / "cli" / "cookie"
        )
    )

    def ask(self, method: str, path: str, accept: str = "", document: Any = None) -> tuple[str, Any]:
        """Body text and headers of an answer below 400. Raises CommandError."""
        headers = {"Content-Type": "application/json"}
        if accept:
            headers["Accept"] = accept
        if self.cookie_path.exists():
            headers["Cookie"] = self.cookie_path.read_text(encoding="ascii")
        data = json.dumps(document).encode() if document is not None else None
        request = urllib.request.Request(self.url.rstrip("/") + path, data, headers, method=method)
        context = ssl._create_unverified_context() if self.insecure else None
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            raise CommandError(f"{error.code} {error.reason}; {error.read().decode(errors='replace')}") from error
        except (urllib.error.URLError, OSError) as error:
            raise CommandError(f'Get "{self.url}{path}": {getattr(error, "reason", error)}') from error

    def login(self, file: str, version: Version, bypass_version_check: bool) -> None:
        """Store a session for the credentials in ``file``; refuses a server of another release."""
        email, password = credentials_from_file(file)
        _, headers = self.ask("POST", "/sessions", document={"email": email, "password": password})
        self.cookie_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.cookie_path.touch(mode=0o600)
        self.cookie_path.write_text(headers["Set-Cookie"].partition(";")[0], encoding="ascii")
        info = json.loads(self.ask("GET", "/v2/build_info")[0])
        if info["version"] != str(version) and not bypass_version_check:
            self.logout()
            raise CommandError(
                f"Unable to login to remote node: version mismatch, CLI {version}, remote {info['version']}; "
                "use --bypass-version-check to bypass"
            )

    def logout(self) -> None:
        self.cookie_path.unlink(missing_ok=True)
