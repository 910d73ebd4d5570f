# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates a configuration with another release: which one, with which files, and what may be told of its answer.

``node validate`` prints the whole configuration before its verdict, RPC URLs with their keys included, and a file
that it cannot decode with the lines around the fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from .._release import image
from . import extra
from .render import CONFIG_FILE, SECRETS_FILE, render
from .settings import NodeSettings

HIDDEN = "***"
#: Shorter parts of a URL are no keys: v3, eth, key.
_SHORTEST_PART = 6

_VERDICT = re.compile(r"^Invalid configuration:|failed to decode ", re.MULTILINE)
# What the node says again as it leaves.
_EPILOGUE = "invalid configuration"
# No value of a configuration has any of these; colours and the like would only hide one from the search for it.
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}(?:\S*[^\s)\]\"'.,:;])?")
_CREDENTIALS = re.compile(r"[^\s:]+:\S*@")


def target(
    current: image.Release, tag: str, digest: str | None, registry: str | None, repository: str | None
) -> image.Release:
    """The release that is meant where one runs: what is not given is as it is now, the digest with its very tag alone.

    Raises ReleaseError.
    """
    release = image.parse(
        {
            "registry": registry or current.registry,
            "repository": repository or current.repository,
            "tag": tag,
            "digest": digest,
        }
    )
    unpinned = image.Release(current.registry, current.repository, current.version, None)
    return current if release == unpinned else release


def files(settings: NodeSettings) -> dict[str, str]:
    """File name -> content of what ``node validate`` reads; for settings of a 2.x release."""
    rendered = render(settings)
    return {name: rendered[name] for name in (CONFIG_FILE, SECRETS_FILE)}


def sensitive(settings: NodeSettings) -> list[str]:
    """Every value of settings that nobody may see."""
    values = [
        settings.database.password,
        settings.database.url,
        settings.keystore_password,
        settings.api_password,
    ]
    for chain in settings.chains:
        for endpoint in chain.rpc:
            for url in (endpoint.ws_url, endpoint.http_url):
                if url:
                    values += [url, *_parts(url)]
    # Any text that the operator adds may be a key; what is short is a word of the node's.
    for text in extra.texts(settings.extra):
        if len(text) >= _SHORTEST_PART:
            values += [text, *(_parts(text) if _URL.fullmatch(text) else ())]
    return values


def reasons(output: str, secrets: Iterable[str]) -> list[str]:
    """Why the node refuses a configuration, line by line, from everything that it printed.

    secrets: as :func:`sensitive` returns them; :func:`without_secrets` hides them. Empty where there is no reason.
    """
    text = _CONTROL.sub("", output)
    verdict = _VERDICT.search(text)
    if not verdict:
        return []
    return [
        line for line in without_secrets(text[text.rfind("\n", 0, verdict.start()) + 1 :], secrets) if line != _EPILOGUE
    ]


def without_secrets(output: str, secrets: Iterable[str]) -> list[str]:
    """The lines of an output that can be shown, in which secrets are hidden in every spelling.

    Hidden is also whatever looks like a URL or like credentials.
    """
    spellings = sorted({spelling for secret in secrets for spelling in _spellings(secret)}, key=len, reverse=True)
    # Upper and lower case alike: so are percent-encodings and the host of a URL.
    hide = re.compile("|".join(map(re.escape, spellings)) or r"(?!)", re.IGNORECASE)
    found = []
    for line in _CONTROL.sub("", output).split("\n"):
        shown = _CREDENTIALS.sub(HIDDEN, _URL.sub(HIDDEN, hide.sub(HIDDEN, line))).rstrip()
        # What was hidden could, with its surroundings, spell a secret again.
        if shown and not hide.search(shown):
            found.append(shown)
    return found


def _parts(url: str) -> Iterator[str]:
    """The parts of a URL that can be a key by themselves, encoded and decoded; none of what only looks like a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    found = [parts.username, parts.password, parts.path, parts.query, parts.fragment, *parts.path.split("/")]
    found += [value for pair in parse_qsl(parts.query) for value in pair[1:]]
    for part in found:
        if part and len(part) >= _SHORTEST_PART:
            yield from {part, unquote(part)}


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it can stand in output: plain, as a string of TOML, Go or JSON, and in a URL."""
    if not secret:
        return
    quoted = json.dumps(secret, ensure_ascii=False)[1:-1]
    yield secret
    yield quoted
    yield json.dumps(secret)[1:-1]
    yield quoted.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
