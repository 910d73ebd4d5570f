# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import tomllib
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import render, validation
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image, version
from ansible_collections.nodeops.chainlink.tests.unit import samples
from hypothesis import given
from hypothesis import strategies as st

DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32
CURRENT = image.parse({**samples.RECORD["release"], "digest": DIGEST})
ECR = "public.ecr.aws/chainlink/chainlink"

# (tag, digest, registry, repository, reference)
TEST_TARGET: list[tuple[str, str | None, str | None, str | None, str]] = [
    ("2.46.1", None, None, None, f"{ECR}:2.46.1"),
    ("2.46.1", OTHER_DIGEST, None, None, f"{ECR}:2.46.1@{OTHER_DIGEST}"),
    ("2.46.0", None, None, None, f"{ECR}:2.46.0@{DIGEST}"),
    ("2.46.0", OTHER_DIGEST, None, None, f"{ECR}:2.46.0@{OTHER_DIGEST}"),
    ("2.46.0", None, "registry.test:5000", None, "registry.test:5000/chainlink/chainlink:2.46.0"),
    ("2.46.0", None, None, "smartcontract/chainlink", "public.ecr.aws/smartcontract/chainlink:2.46.0"),
]

TEST_TARGET_REFUSES: list[tuple[str, str | None, str]] = [
    ("latest", None, "tag: 'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"),
    (
        "2.46.1",
        "sha256:12",
        "digest: is not a digest; write sha256: and 64 hexadecimal digits, or leave it out",
    ),
]

# Output as a node prints it, and what may be shown of it.
TEST_REASONS: list[tuple[str, list[str]]] = [
    ("", []),
    ("panic: runtime error\n", []),
    ("# Input Configuration:\n[Log]\nLevel = 'info'\n\nValid configuration.\n", []),
    (
        "# Secrets:\n[Database]\nURL = 'xxxxx'\n\n"
        "# Input Configuration:\n[[EVM.Nodes]]\nWSURL = 'wss://rpc.test/v3?key=rpc-canary-key&tier=2'\n\n"
        "Invalid configuration: invalid configuration: EVM.0.Nodes: missing: must have at least one node\n\n"
        "invalid configuration\n",
        ["Invalid configuration: invalid configuration: EVM.0.Nodes: missing: must have at least one node"],
    ),
    (
        "Invalid configuration: invalid configuration: 2 errors:\n"
        "\t- EVM.0.Nodes.0.WSURL: invalid value (wss://rpc.test/v3?key=rpc-canary-key&tier=2): duplicate\n"
        "\t- Database.URL: dial postgres://u:p@h failed\n",
        [
            "Invalid configuration: invalid configuration: 2 errors:",
            "\t- EVM.0.Nodes.0.WSURL: invalid value (***): duplicate",
            "\t- Database.URL: dial *** failed",
        ],
    ),
    (
        "failed to decode config TOML: strict mode: fields in the document are missing in the target struct:\n"
        '5| [Log.File]\n |  ~~~~~~~~ missing table\n7| HTTPURL = "https://rpc.test/v3?key=rpc-canary-key&tier=2"\n',
        [
            "failed to decode config TOML: strict mode: fields in the document are missing in the target struct:",
            "5| [Log.File]",
            " |  ~~~~~~~~ missing table",
            '7| HTTPURL = "***"',
        ],
    ),
    (
        "Error running app: failed to decode secrets TOML: at\n"
        '2| Keystore = "keystore-canary \\"quoted\\" \\\\ $HOME %s"\n3| user chainlink:database-canary@host\n',
        ["Error running app: failed to decode secrets TOML: at", '2| Keystore = "***"', "3| user ***host"],
    ),
    (
        "\x1b[31mInvalid configuration: the key rpc-\x1b[1mcanary-key\x1b[0m is\x07 bad\r\n",
        ["Invalid configuration: the key *** is bad"],
    ),
    (
        f"Invalid configuration: {quote(samples.DATABASE_PASSWORD)} and {samples.API_PASSWORD.upper()}\n",
        ["Invalid configuration: *** and ***"],
    ),
]


@pytest.mark.parametrize(("tag", "digest", "registry", "repository", "reference"), TEST_TARGET)
def test_target(tag: str, digest: str | None, registry: str | None, repository: str | None, reference: str) -> None:
    assert validation.target(CURRENT, tag, digest, registry, repository).reference == reference


@pytest.mark.parametrize(("tag", "digest", "message"), TEST_TARGET_REFUSES)
def test_target_refuses(tag: str, digest: str | None, message: str) -> None:
    with pytest.raises(version.ReleaseError) as caught:
        validation.target(CURRENT, tag, digest, None, None)
    assert str(caught.value) == message


def test_files_are_those_that_validate_reads() -> None:
    files = validation.files(samples.node_settings())
    assert sorted(files) == ["config.toml", "secrets.toml"]
    assert tomllib.loads(files["secrets.toml"])["Password"]["Keystore"] == samples.KEYSTORE_PASSWORD


def test_sensitive_names_every_secret_and_nothing_that_reasons_are_made_of() -> None:
    values = validation.sensitive(samples.node_settings())
    assert [canary for canary in samples.CANARIES if canary not in values] == []
    assert not {"", "v3", "2", "rpc.test", "primary", "chainlink", "11155111"} & set(values)


@pytest.mark.parametrize(("output", "shown"), TEST_REASONS)
def test_reasons(output: str, shown: list[str]) -> None:
    assert validation.reasons(output, validation.sensitive(samples.node_settings())) == shown


def test_without_secrets_nothing_but_urls_is_hidden() -> None:
    assert validation.reasons("Invalid configuration: https://a.test/b, a", []) == ["Invalid configuration: ***, a"]


def test_a_line_that_spells_a_secret_all_the_same_is_left_out() -> None:
    # The longer secret is hidden, and what hides it completes the other one.
    output = "Invalid configuration: x\nhides abc-abc-abc here\nkept"
    assert validation.reasons(output, ["abc-abc-abc", "hides *** here"]) == ["Invalid configuration: x", "kept"]


def printable(minimum: int, maximum: int) -> st.SearchStrategy[str]:
    """Passwords that the node takes: of any character but control characters, with no blank at either end."""
    characters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
    texts = st.text(characters, min_size=minimum, max_size=maximum).map(str.strip)
    return texts.filter(lambda text: minimum <= len(text.encode()) <= maximum)


KEYS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="%#?/[]@:\\"), min_size=6, max_size=40)
SPELLINGS = (
    str,
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    quote,
    lambda text: quote(text, safe=""),
    quote_plus,
    lambda text: f"chainlink:{text}@host",
    lambda text: f"postgres://chainlink:{text}@host/db",
    lambda text: f"invalid value ({text}): must be something else",
    lambda text: f"\x1b[31m{text}\x1b[0m",
)


@given(printable(16, 60), printable(16, 60), printable(16, 50), KEYS, st.data())
def test_no_secret_survives(database: str, keystore: str, api: str, key: str, data: st.DataObject) -> None:
    node_secrets = samples.secrets(
        keystore=keystore,
        database={"username": "chainlink", "password": database},
        api={"email": "operator@nodeops.test", "password": api},
        rpc={
            "11155111": [
                {"name": "a", "ws_url": f"wss://h.test/{key}", "http_url": f"https://h.test/v3?k={key}"},
                {"name": "b", "ws_url": f"wss://u:{key}@h.test/", "http_url": "https://h.test/"},
            ]
        },
    )
    settings = samples.node_settings(node_secrets=node_secrets)
    values = [database, keystore, api, key, settings.database.url]
    values += [str(url) for one in settings.chains[0].rpc[:1] for url in (one.ws_url, one.http_url)]
    pieces = st.one_of(
        st.tuples(st.sampled_from(SPELLINGS), st.sampled_from(values)).map(lambda pair: pair[0](pair[1])),
        st.sampled_from([*render.render(settings).values(), "Invalid configuration: ", "\n", " ", "\t- ", "'"]),
        st.text(max_size=10),
    )
    output = "Invalid configuration: " + "".join(data.draw(st.lists(pieces, max_size=12)))
    shown: Any = "\n".join(validation.reasons(output, validation.sensitive(settings)))
    assert [value for value in values if value in shown] == []
    assert [value for value in values if json.dumps(value, ensure_ascii=False)[1:-1] in shown] == []


def test_texts_of_additions_are_hidden() -> None:
    additions = {"Telemetry": {"Token": "telemetry-canary", "Mode": "on"}, "Sink": "https://sink.test/key-canary?x=1"}
    node_secrets = samples.secrets(rpc={**samples.RPC, "extra_config": additions, "x": "http://["})
    hidden = validation.sensitive(samples.node_settings(node_secrets=node_secrets))
    assert {"telemetry-canary", "https://sink.test/key-canary?x=1", "key-canary"} <= set(hidden)
    assert "on" not in hidden
    output = "Invalid configuration: Telemetry.Token (telemetry-canary): Sink has key-canary"
    assert validation.reasons(output, hidden) == ["Invalid configuration: Telemetry.Token (***): Sink has ***"]


def test_a_text_of_additions_that_only_looks_like_a_url() -> None:
    node_secrets = samples.secrets(rpc={**samples.RPC, "extra_config": {"A": "http://[canary"}})
    assert "http://[canary" in validation.sensitive(samples.node_settings(node_secrets=node_secrets))
