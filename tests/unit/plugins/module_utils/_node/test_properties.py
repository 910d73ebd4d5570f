# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for any value: it reaches the node byte for byte, and becomes nothing else on the way.

test_render.py has the same for the passwords and the shell of a 1.x container.
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import record
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import extra_config
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import checks, extra, files, render, toml
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import SettingsError
from ansible_collections.nodeops.chainlink.tests.unit import samples
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

TAGS = st.sampled_from(["1.12.0", "2.46.0"])
EMAIL = "operator@nodeops.test"

# --- values survive -------------------------------------------------------------------------------------------------

PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
PASSWORDS = st.text(PRINTABLE, min_size=16, max_size=40).filter(lambda text: checks.password(text) == [])
API_PASSWORDS = st.text(PRINTABLE, min_size=16, max_size=24).filter(
    lambda text: checks.password(text, maximum_bytes=50, disallowed=[EMAIL]) == []
)
EMAILS = st.text(PRINTABLE, min_size=1, max_size=12).map(lambda text: f"{text}@nodeops.test")
ASCII = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@st.composite
def rpc_urls(draw: Any, scheme: str) -> str:
    """Any URL that the checks let through: credentials, port, path, query and fragment of any printable characters."""
    credentials = draw(
        st.just("") | st.text(ASCII, min_size=1, max_size=8).map(lambda text: quote(text, safe="") + "@")
    )
    port = draw(st.just("") | st.integers(1, 65535).map(lambda number: f":{number}"))
    path = draw(st.text(PRINTABLE, max_size=20)).replace("%", "%25")
    query = draw(st.just("") | st.text(PRINTABLE, max_size=20).map(lambda text: f"?{text}"))
    url = f"{scheme}://{credentials}rpc.test{port}/{path}{query}"
    assume(checks.rpc_url(url, (scheme,)) == [])
    return url


@settings(max_examples=50)
@given(TAGS, rpc_urls("wss"), rpc_urls("https"), rpc_urls("https"))
def test_any_rpc_url_survives(tag: str, ws_url: str, http_url: str, other: str) -> None:
    assume(http_url != other)
    backup = {"name": "backup", "http_url": other, "send_only": True}
    endpoints = [{"name": "primary", "ws_url": ws_url, "http_url": http_url}, backup]
    rendered = render.render(samples.node_settings(tag, samples.secrets(rpc={"11155111": endpoints})))
    if tag.startswith("1."):
        nodes = json.loads(environment(rendered)["EVM_NODES"])
        assert [(node.get("wsUrl"), node["httpUrl"]) for node in nodes] == [(ws_url, http_url), (None, other)]
    else:
        nodes = tomllib.loads(rendered["config.toml"])["EVM"][0]["Nodes"]
        assert [(node.get("WSURL"), node["HTTPURL"]) for node in nodes] == [(ws_url, http_url), (None, other)]


@settings(max_examples=50)
@given(TAGS, PASSWORDS, PASSWORDS, API_PASSWORDS, EMAILS)
def test_any_secret_survives_render_file_and_parse(
    tag: str, database: str, keystore: str, api: str, email: str
) -> None:
    assume(not checks.email(email) and email.lower() not in api.lower())
    node_secrets = samples.secrets(
        keystore=keystore,
        database={"username": "chain link", "password": database},
        api={"email": email, "password": api},
    )
    read = through_files(render.render(samples.node_settings(tag, node_secrets)))
    assert read[".password"] == f"{keystore}\n".encode()
    assert read[".api"] == f"{email}\n{api}\n".encode()
    if tag.startswith("1."):
        url = environment({name: content.decode() for name, content in read.items()})["DATABASE_URL"]
    else:
        parsed = tomllib.loads(read["secrets.toml"].decode())
        assert parsed["Password"] == {"Keystore": keystore}
        url = parsed["Database"]["URL"]
    # As libpq reads it, which the node's driver follows.
    found = parse_dsn(url)
    assert (found["user"], found["password"]) == ("chain link", database)
    assert (found["dbname"], found["sslmode"]) == ("chainlink", "verify-full")


def through_files(contents: dict[str, str]) -> dict[str, bytes]:
    """The contents as they lie in a directory of the host."""
    with tempfile.TemporaryDirectory() as parent:
        place = files.Place(f"{parent}/chainlink", os.geteuid(), os.getegid(), directory_mode=0o700)
        files.apply(files.plan(place, contents))
        return {path.name: path.read_bytes() for path in Path(place.directory).iterdir()}


def environment(rendered: dict[str, str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in rendered[".env"].removesuffix("\n").split("\n"))


# --- nothing becomes anything else ----------------------------------------------------------------------------------

PIECES = [*"\"'\\\n\r\t\x00\x7f\x85\u2028[]{}=#,.%$`@: ab/", '"\n[Database]\nURL = "', "'''", '"""', "\nROOT=/"]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8"), max_size=20).map("".join)
#: Where an operator's text, or that of whoever writes to the record or a secret, gets into a file.
VARIABLES = (
    *("name", "ws_url", "http_url", "username", "password", "keystore", "email", "api", "ui", "link", "chain_id"),
    *("announce", "database_host", "database_name", "order"),
)


def rendered_with(tag: str, variable: str, text: str, after: bool = False) -> dict[str, str] | None:
    """The files of the sample estate with a text in place of another or after it, or None where that is refused."""
    given_ = {
        "name": "primary",
        "ws_url": "wss://rpc.test",
        "http_url": "https://rpc.test",
        "username": "chainlink",
        "password": samples.DATABASE_PASSWORD,
        "keystore": samples.KEYSTORE_PASSWORD,
        "email": EMAIL,
        "api": samples.API_PASSWORD,
        "ui": "https://node.test",
        "link": "0x779877A7B0D9E8603169DdbD7836e478b4624789",
        "chain_id": "11155111",
        "announce": "198.51.100.7:6690",
        "database_host": samples.RECORD["database"]["host"],
        "database_name": "chainlink",
        "order": "",
    }
    # Alone it is mostly refused; behind something good it can pass.
    given_[variable] = given_[variable] + text if after else text
    endpoint = {key: given_[key] for key in ("name", "ws_url", "http_url")}
    if variable == "order":
        endpoint["order"] = given_["order"]
    chain = {"network": "any", "chain_id": given_["chain_id"], "link_contract_address": given_["link"]}
    node_secrets = samples.secrets(
        keystore=given_["keystore"],
        database={"username": given_["username"], "password": given_["password"]},
        api={"email": given_["email"], "password": given_["api"]},
        rpc={given_["chain_id"]: [endpoint]},
    )
    try:
        found = samples.node_settings(
            tag,
            node_secrets,
            chains=[chain],
            ui={"url": given_["ui"]},
            p2p={"port": 6690, "announce": [given_["announce"]]},
            database={
                **samples.RECORD["database"],
                "host": given_["database_host"],
                "name": given_["database_name"],
            },
        )
    except (SettingsError, record.RecordError):
        return None
    return render.render(found)


def structure(value: Any) -> Any:
    """A document without its texts."""
    if isinstance(value, dict):
        return {key: structure(item) for key, item in value.items()}
    if isinstance(value, list):
        return [structure(item) for item in value]
    return "" if isinstance(value, str) else value


@settings(max_examples=200)
@given(TAGS, st.sampled_from(VARIABLES), HOSTILE, st.booleans())
@example("2.46.0", "name", 'a"\nSendOnly = true\nX = "', False)
@example("2.46.0", "keystore", "\u2028[Insecure]", True)
@example("2.46.0", "ws_url", "/'''\"\"\"", True)
@example("1.12.0", "api", "\nROOT=/", True)
def test_no_text_becomes_structure(tag: str, variable: str, text: str, after: bool) -> None:
    # What is optional and empty is left out, as it should be.
    assume(text or after)
    usual, changed = rendered_with(tag, "name", "primary"), rendered_with(tag, variable, text, after)
    assert usual is not None
    if changed is None:
        return
    assert set(changed) == set(usual)
    for name, content in changed.items():
        if name.endswith(".toml"):
            found, wanted = structure(tomllib.loads(content)), structure(tomllib.loads(usual[name]))
            # Cookies are secure or not by the address alone.
            for document in (found, wanted):
                document.get("WebServer", {}).pop("SecureCookies", None)
            assert found == wanted
        elif name == ".env":
            ours = environment(usual)
            assert [line.partition("=")[0] for line in content.split("\n")] == [*ours, ""]
        else:
            assert content.count("\n") == usual[name].count("\n")


# --- what an operator adds ------------------------------------------------------------------------------------------

PARTS = sorted({part for path in extra.OWNED for part in path} | {"ChainID", "Level", "FinalityDepth", "Mode"})


@st.composite
def spelled(draw: Any) -> str:
    """A key that matters, in any upper and lower case, or any other text."""
    if draw(st.integers(0, 4)) == 0:
        return str(draw(HOSTILE))
    part = draw(st.sampled_from(PARTS))
    return "".join(letter.swapcase() if draw(st.booleans()) else letter for letter in part)


VALUES = HOSTILE | st.booleans() | st.integers(-5, 70000) | st.floats(allow_nan=False, allow_infinity=False)
TABLES = st.dictionaries(
    spelled(),
    st.recursive(
        VALUES,
        lambda inner: st.dictionaries(spelled(), inner, max_size=3) | st.lists(inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
CHAIN_TABLES = TABLES.map(lambda table: {**table, "ChainID": "11155111"})
ADDITIONS = TABLES | st.tuples(TABLES, CHAIN_TABLES).map(lambda pair: {**pair[0], "EVM": [pair[1]]})


@settings(max_examples=60)
@given(ADDITIONS)
@example({"log": {"level": "warn"}, "EVM": [{"ChainID": "11155111", "GasEstimator": {"Mode": "x"}}]})
def test_additions_reach_the_node_and_touch_nothing_of_ours(additions: dict[str, Any]) -> None:
    assume(not extra.problems(additions, ["11155111"]))
    # From the operator's text, through the secret, into the file.
    document = json.loads(json.dumps(extra_config.read(toml.write(additions)), sort_keys=True))
    assert document == additions
    plain = config({})
    found = config(document)
    assert found == extra.merge(plain, document)
    assert owned(found) == owned(plain)


def config(additions: dict[str, Any]) -> dict[str, Any]:
    node_secrets = samples.secrets(rpc={**samples.RPC, extra.SECRET_KEY: additions})
    return tomllib.loads(render.render(samples.node_settings(node_secrets=node_secrets))["config.toml"])


def owned(document: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every value that the node would take for one of the collection's own, by its key without regard to case."""
    folded = {tuple(part.casefold() for part in key) for key in extra.OWNED} | {("evm", "chainid")}
    if isinstance(document, dict):
        inner = [value for key, item in document.items() for value in owned(item, (*path, key.casefold()))]
    elif isinstance(document, list):
        inner = [value for item in document for value in owned(item, path)]
    else:
        inner = [(path, document)]
    return [value for value in inner if any(value[0][:length] in folded for length in range(1, len(value[0]) + 1))]
