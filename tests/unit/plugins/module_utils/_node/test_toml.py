# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import tomllib
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import toml
from hypothesis import given
from hypothesis import strategies as st

TEST_WRITE: list[tuple[dict[str, Any], str]] = [
    ({}, "\n"),
    ({"A": "x", "B": 1, "C": True, "D": 1.5, "E": [1, "2"]}, 'A = "x"\nB = 1\nC = true\nD = 1.5\nE = [1, "2"]\n'),
    ({"T": {"A": 1, "U": {"B": 2}}, "Z": 0}, "Z = 0\n\n[T]\nA = 1\n\n[T.U]\nB = 2\n"),
    # A table that only has tables needs no header of its own; an empty one does.
    ({"P2P": {"V2": {"Enabled": True}}}, "[P2P.V2]\nEnabled = true\n"),
    ({"T": {}}, "[T]\n"),
    (
        {"EVM": [{"ChainID": "1", "Nodes": [{"Name": "a"}, {}], "GasEstimator": {"Mode": "x"}}, {"Nodes": []}]},
        '[[EVM]]\nChainID = "1"\n\n[[EVM.Nodes]]\nName = "a"\n\n[[EVM.Nodes]]\n\n[EVM.GasEstimator]\nMode = "x"\n\n'
        "[[EVM]]\nNodes = []\n",
    ),
    ({"a b": {'"': 1}, "": 2}, '"" = 2\n\n["a b"]\n"\\"" = 1\n'),
    ({"A": [[{"x": 1}], {"y": {"z": 2}}]}, "A = [[{x = 1}], {y = {z = 2}}]\n"),
    ({"A": 'q" \\ \n \x00 \x7f é 🔗'}, 'A = "q\\" \\\\ \\n \\u0000 \\u007F é 🔗"\n'),
]


@pytest.mark.parametrize(("document", "text"), TEST_WRITE)
def test_write(document: dict[str, Any], text: str) -> None:
    assert toml.write(document) == text
    assert tomllib.loads(text) == document


@pytest.mark.parametrize("value", [None, datetime.date(2026, 1, 1), b"bytes"])
def test_what_toml_has_not(value: object) -> None:
    with pytest.raises(TypeError, match=f"TOML has no {type(value).__name__}"):
        toml.write({"a": value})


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
LEAVES = (
    TEXTS
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


@given(DOCUMENTS)
def test_any_document_survives(document: dict[str, Any]) -> None:
    """Also its types: 1, 1.0 and True are equal to Python."""
    read = tomllib.loads(toml.write(document))
    assert repr(_sorted(read)) == repr(_sorted(document))


@given(DOCUMENTS)
def test_what_is_written_can_be_read(document: dict[str, Any]) -> None:
    assert repr(_sorted(toml.read(toml.write(document)))) == repr(_sorted(document))


#: As 1.13 says its settings (pelletier/go-toml, with runs of empty lines taken out).
DUMP = """RootDir = '/home/chainlink/.chainlink'

[Log]
Level = 'info'
JSONConsole = true

[Log.File]
MaxSize = '0b'

[[EVM]]
ChainID = '11155111'
FinalityDepth = 70

[EVM.Transactions]
MaxInFlight = 16

[[EVM.Nodes]]
Name = 'primary-0'
WSURL = 'wss://rpc.test/v3?key=k#a'

[[EVM]]
ChainID = '5'
"""

# (text; what tomllib makes of it is expected)
TEST_READ = [
    DUMP,
    "",
    "# only words\n\n",
    "a.b.'c.d' = 1 # said\n\"e\".f = [ 1, [ 'x', ], ]\r\n",
    "a = { b = 1, c.d = 'x' }\nb = {}\nc = []",
    "a = 1_000\nb = -0\nc = +1.5e3\nd = 1e-3",
    "t = \"\\t \\u00e9 é\"\nl = '\\t'",
    "[a]\n[a.b]\nc = 1\n[d]\n",
]


@pytest.mark.parametrize("text", TEST_READ)
def test_read(text: str) -> None:
    assert repr(toml.read(text)) == repr(tomllib.loads(text))


# (text, message)
TEST_UNREADABLE = [
    ("a = 1\nb = canary", "line 2 has a value of a kind that is not read here"),
    ("a = 2026-11-28", "line 1 goes on after its value"),
    ("a = 0x10", "line 1 goes on after its value"),
    ('a = """canary\n"""', "line 1 goes on after its value"),
    ("a = 'canary", "line 1 has a value of a kind that is not read here"),
    ('a = "\\e"', "line 1 has a value of a kind that is not read here"),
    ("a = 1\na = 2", "line 2 has a key that stood there before"),
    ("a = 1\n[a]", "line 2 takes a value for a table"),
    ("a = 1\n[[a]]", "line 2 takes something else for a list of tables"),
    ("[a", "line 1 lacks ]"),
    ("[[a]", "line 1 lacks ]]"),
    ("a", "line 1 lacks ="),
    ("= 1", "line 1 has no key where one is due"),
    ("a = [1 2]", "line 1 lacks ]"),
]


@pytest.mark.parametrize(("text", "message"), TEST_UNREADABLE)
def test_unreadable(text: str, message: str) -> None:
    with pytest.raises(toml.TomlError) as caught:
        toml.read(text)
    assert str(caught.value) == message


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
