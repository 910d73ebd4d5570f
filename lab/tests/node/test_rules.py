# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the stand-in node: flags, versions, units, passwords, TOML, settings, keys, checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chainlink_stand_in import ethereum, health, keystore, lease, metrics, passwords, toml_text, units
from chainlink_stand_in.environment import LEGACY_NAMES, EnvironmentConfiguration, refuse_legacy
from chainlink_stand_in.errors import CommandError
from chainlink_stand_in.flags import Flag, parse
from chainlink_stand_in.logs import Logger, Sink
from chainlink_stand_in.pool import Pools
from chainlink_stand_in.schema import CONFIG, decode, schemas
from chainlink_stand_in.settings import Chain, Endpoint, TomlConfiguration
from chainlink_stand_in.users import UserError, check_email
from chainlink_stand_in.versions import Behaviour, Version

URL = "postgresql://user:a-long-enough-password@db.example.invalid:5432/node"
EVM = """
[[EVM]]
ChainID = '11155111'
[[EVM.Nodes]]
Name = 'a'
WSURL = 'wss://a.example.invalid'
HTTPURL = 'https://a.example.invalid'
"""

TEST_VERSION_ORDER = [
    ("1.12.0", "1.13.3"),
    ("2.9.0", "2.29.0"),
    ("2.30.0-beta.1", "2.30.0"),
    ("2.30.0-beta.2", "2.30.0-beta.10"),
    ("2.46.0", "10.0.0"),
]


@pytest.mark.parametrize(("lower", "higher"), TEST_VERSION_ORDER)
def test_version_order(lower: str, higher: str) -> None:
    assert Version.parse(lower) < Version.parse(higher)
    assert not Version.parse(higher) < Version.parse(lower)


def test_a_release_before_the_table_is_refused() -> None:
    with pytest.raises(CommandError, match=r"release 1\.11\.0 is older than 1\.12\.0"):
        Behaviour.of(Version.parse("1.11.0"))


FLAGS = (Flag(("config", "c"), "texts"), Flag(("password", "p")), Flag(("debug", "d"), "switch"))


def test_flags_in_all_their_forms() -> None:
    parsed = parse(["-config", "a", "--c=b", "-d", "-password=p=q", "start", "-p", "x"], FLAGS)
    assert parsed.all("config") == ["a", "b"]
    assert parsed.on("debug")
    assert parsed.text("password") == "p=q"
    assert parsed.rest == ["start", "-p", "x"]


TEST_FLAGS_REFUSED = [
    (["-unknown"], "Incorrect Usage. flag provided but not defined: -unknown"),
    (["-p"], "Incorrect Usage. flag needs an argument: -p"),
    (["-d=maybe"], 'Incorrect Usage. invalid boolean value "maybe" for -d: parse error'),
]


@pytest.mark.parametrize(("words", "message"), TEST_FLAGS_REFUSED)
def test_flags_refused(words: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(words, FLAGS)
    assert str(caught.value) == message


TEST_DURATION = [("10s", 10.0), ("1h0m0s", 3600.0), ("500ms", 0.5), ("1.5m", 90.0), ("0", 0.0)]


@pytest.mark.parametrize(("text", "seconds"), TEST_DURATION)
def test_duration(text: str, seconds: float) -> None:
    assert units.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "10 s", "1d", "-1s"])
def test_duration_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        units.duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("0b", 0), ("5120mb", 5_120_000_000), ("32768", 32768), ("5.12gb", 5120000000)]
)
def test_size(text: str, size: int) -> None:
    assert units.size(text) == size


TEST_COMPLEXITY = [
    ("a" * 16, (), 0),
    ("é" * 8, (), 0),  # sixteen bytes
    ("a" * 15, (), 1),
    (" " + "a" * 16, (), 1),
    ("a" * 16 + "\r", (), 1),
    ("xxOperator@Example.invalidxx", ("operator@example.invalid",), 1),
    (" short", (), 2),
]


@pytest.mark.parametrize(("password", "disallowed", "problems"), TEST_COMPLEXITY)
def test_complexity(password: str, disallowed: tuple[str, ...], problems: int) -> None:
    assert len(passwords.complexity_problems(password, *disallowed)) == problems


TEST_PASSWORD_FILE = [
    ("sixteen-byte-long\n", "sixteen-byte-long"),
    ("sixteen-byte-long", "sixteen-byte-long"),
    ("short\n", "short"),
]


@pytest.mark.parametrize(("text", "password"), TEST_PASSWORD_FILE)
def test_password_file(tmp_path: Path, text: str, password: str) -> None:
    (tmp_path / "p").write_text(text)
    assert passwords.from_file(str(tmp_path / "p")) == password


TEST_PASSWORD_FILE_REFUSED = [
    (b"", "detected empty password in file"),
    (b"\n", "detected empty password in file"),
    (b"word\n\n", "leading/trailing whitespace detected in password"),
    (b"word\r\n", "leading/trailing whitespace detected in password"),
    (b" word\n", "leading/trailing whitespace detected in password"),
]


@pytest.mark.parametrize(("content", "message"), TEST_PASSWORD_FILE_REFUSED)
def test_password_file_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(CommandError) as caught:
        passwords.from_file(str(tmp_path / "p"))
    assert str(caught.value) == f"error reading password from file: {message}"


TEST_DATABASE_URL = [
    (URL, True),
    ("postgresql://user@host/node?password=a-long-enough-password", True),
    ("postgresql://user:short@host/node?password=a-long-enough-password", True),
    ("postgresql://user:%41-long-enough-passw@host/node", True),
    ("postgresql://user:short@host/node", False),
    ("postgresql://user:%41%41%41%41%41%41@host/node", False),  # six bytes when decoded
    ("postgresql://user@host/node", False),
    ("postgresql://user:short@host/node_test", True),
    ("postgresql://user:short_test@host/node", False),  # the exception looks at the redacted URL
]


@pytest.mark.parametrize(("url", "accepted"), TEST_DATABASE_URL)
def test_database_url(url: str, accepted: bool) -> None:
    problem = passwords.database_url_problem(url)
    assert (problem is None) == accepted
    assert "short" not in (problem or "")


def test_stored_api_password() -> None:
    stored = passwords.hashed("a-long-enough-password")
    assert passwords.matches("a-long-enough-password", stored)
    assert not passwords.matches("a-long-enough-passworD", stored)
    assert "long-enough" not in stored


@pytest.mark.parametrize("email", ["a@b", "operator@example.invalid", "Name <a@b.example>"])
def test_email(email: str) -> None:
    check_email(email)


@pytest.mark.parametrize("email", ["", "operator", "@b", "a b@c"])
def test_email_refused(email: str) -> None:
    with pytest.raises(UserError):
        check_email(email)


TEST_DECODE_REFUSED = [
    ("[Log]\nLevle = 'info'", "strict mode: fields in the document are missing in the target struct\n\tLog.Levle"),
    ("[Logg]\n", "strict mode: fields in the document are missing in the target struct\n\tLogg: missing field"),
    ("[[EVM]]\nChainID = '1'\nRPC = 'x'", "in the target struct\n\tEVM.0.RPC: missing field"),
    ("[[EVM.Nodes]]\nURL = 'x'", "EVM: must be an array of tables"),
    ("[P2P.V1]\nEnabled = false", "\n\tP2P.V1: missing field"),
    ("[[EVM]]\nChainID = 1", "EVM.0.ChainID: must be a string"),
    ("[Log]\nLevel = 'verbose'", "Log.Level: must be a log level"),
    ("[Log]\nJSONConsole = 'true'", "Log.JSONConsole: must be a boolean"),
    ("[WebServer]\nHTTPPort = '6688'", "WebServer.HTTPPort: must be a non-negative integer"),
    ("[Database.Lock]\nLeaseDuration = '10'", "Database.Lock.LeaseDuration: must be a duration string"),
    ("[[EVM]]\nLinkContractAddress = '0x12'", "EVM.0.LinkContractAddress: must be an EIP55 formatted address"),
    (
        "[[EVM]]\nLinkContractAddress = '0x779877a7b0d9e8603169ddbd7836e478b4624789'",
        "EVM.0.LinkContractAddress: must be an EIP55 formatted address",
    ),
    ("[Log\n", "toml: syntax error (at line 1, column 5)"),
]


@pytest.mark.parametrize(("text", "part"), TEST_DECODE_REFUSED)
def test_decode_refused(text: str, part: str) -> None:
    config, _ = schemas(Version.parse("2.46.0"))
    with pytest.raises(CommandError) as caught:
        decode(text, config, "config")
    assert str(caught.value).startswith("failed to decode config TOML: ")
    assert part in str(caught.value)


def test_decode_never_quotes_a_value() -> None:
    _, secrets = schemas(Version.parse("2.46.0"))
    for text in ("[Password]\nKeystore = 'canary", "[Password]\nKeystor = 'canary'", "[Database]\nURL = ['canary']"):
        with pytest.raises(CommandError) as caught:
            decode(text, secrets, "secrets")
        assert str(caught.value).startswith("failed to decode secrets TOML: ")
        assert "canary" not in str(caught.value)


def test_old_releases_know_keys_that_went() -> None:
    config, secrets = schemas(Version.parse("2.5.0"))
    assert decode("[P2P.V1]\nEnabled = false", config, "config") == {"P2P": {"V1": {"Enabled": False}}}
    assert decode("[Explorer]\nAccessKey = 'x'", secrets, "secrets") == {"Explorer": {"AccessKey": "x"}}
    assert "V1" in CONFIG["P2P"]


def load(tmp_path: Path, *configs: str, secrets: str = "", version: str = "2.46.0", **env: str) -> TomlConfiguration:
    files = []
    for number, text in enumerate(configs):
        (tmp_path / f"{number}.toml").write_text(text)
        files.append(str(tmp_path / f"{number}.toml"))
    (tmp_path / "secrets.toml").write_text(secrets)
    return TomlConfiguration.load(files, [str(tmp_path / "secrets.toml")], env, Behaviour.of(Version.parse(version)))


SECRETS = f"[Database]\nURL = '{URL}'\n[Password]\nKeystore = 'a-long-enough-password'\n"


def test_later_files_and_cl_config_win(tmp_path: Path) -> None:
    second = EVM.replace("wss://a.", "wss://b.") + "[Log]\nLevel = 'warn'"
    configuration = load(tmp_path, EVM + "[Log]\nLevel = 'debug'", second, CL_CONFIG="Log.Level = 'error'")
    assert configuration.settings().log_level == "error"
    assert configuration.effective()["EVM"][0]["Nodes"] == [
        {"Name": "a", "WSURL": "wss://b.example.invalid", "HTTPURL": "https://a.example.invalid"}
    ]


def test_cl_config_came_first_in_1_12(tmp_path: Path) -> None:
    one = load(tmp_path, "Log.Level = 'debug'", version="1.12.0", CL_CONFIG="Log.Level = 'error'")
    assert one.settings().log_level == "debug"


def test_environment_overrides_secrets(tmp_path: Path) -> None:
    configuration = load(
        tmp_path, EVM, secrets=SECRETS, CL_DATABASE_URL="postgresql://u:p@h/d", CL_PASSWORD_KEYSTORE="k"
    )
    assert configuration.settings().database_url == "postgresql://u:p@h/d"
    assert configuration.settings().keystore_password == "k"
    assert "a-long-enough-password" not in repr(configuration) + repr(configuration.settings())


def test_secrets_may_not_say_a_thing_twice(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        (tmp_path / name).write_text(SECRETS)
        files.append(str(tmp_path / name))
    with pytest.raises(CommandError, match=r"Database\.URL: overrides \(duplicate keys\) are not allowed"):
        TomlConfiguration.load([], files, {}, Behaviour.of(Version.parse("2.46.0")))


def test_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, EVM, secrets=SECRETS).settings()
    assert (settings.http_port, settings.https_port, settings.secure_cookies) == (6688, 6689, True)
    assert (settings.lease_duration, settings.lease_refresh_interval, settings.shutdown_grace_period) == (10, 1, 5)
    assert (settings.log_file_size, settings.locking_mode, settings.backup_mode) == (5_120_000_000, "lease", "none")
    endpoint = Endpoint("a", "wss://a.example.invalid", "https://a.example.invalid")
    assert settings.chains == (
        Chain("11155111", (endpoint,), link_contract="0x779877A7B0D9E8603169DdbD7836e478b4624789"),
    )
    assert "example.invalid" not in repr(settings)
    assert settings.root_dir == str(Path.home() / ".chainlink")


NO_NODES = "[[EVM]]\nChainID = '1'\n"
TEST_PROBLEMS = [
    (EVM, "", "invalid secrets: 2 errors:\n\t- Database.URL: empty: must be provided and non-empty\n\t- Password."),
    (EVM, SECRETS.replace("a-long-enough-password@", "short@"), "invalid secrets: Database.URL: invalid value (*****)"),
    (EVM, SECRETS + "[Prometheus]\nAuthToken = 'x'", None),
    (
        EVM,
        SECRETS.replace("[Password]", "AllowSimplePasswords = true\n[Password]"),
        "invalid secrets: Database.AllowSimplePasswords: invalid value (true): insecure configs are not allowed on",
    ),
    (NO_NODES, SECRETS, "invalid configuration: EVM.0.Nodes: missing: must have at least one node"),
    (
        EVM + "SendOnly = true\n",
        SECRETS,
        "invalid configuration: EVM.0.Nodes: missing: must have at least one primary node",
    ),
    (EVM.replace("WSURL", "#"), SECRETS, "EVM.0.Nodes.0.WSURL: missing: required for primary nodes"),
    (EVM.replace("HTTPURL", "#"), SECRETS, "EVM.0.Nodes.0.HTTPURL: missing: required for all nodes"),
    (EVM.replace("Name", "#"), SECRETS, "EVM.0.Nodes.0.Name: missing: required for all nodes"),
    (EVM.replace("wss", "https"), SECRETS, "EVM.0.Nodes.0.WSURL: invalid value (https): must be ws or wss"),
    (EVM.replace("https", "wss"), SECRETS, "EVM.0.Nodes.0.HTTPURL: invalid value (wss): must be http or https"),
    (EVM + EVM, SECRETS, "EVM.1.ChainID: invalid value (11155111): duplicate - must be unique"),
    (EVM + EVM.replace("11155111", "1"), SECRETS, "EVM.1.Nodes.0.WSURL: invalid value (a.example.invalid): duplicate"),
    (EVM.replace("11155111", "sepolia"), SECRETS, "EVM.0.ChainID: invalid value (sepolia): must be a number"),
    (
        EVM.replace("ChainID = '11155111'", "ChainID = '42161'\nChainType = 'metis'"),
        SECRETS,
        'EVM.0.ChainType: invalid value (metis): only "arbitrum" can be used with this chain id',
    ),
    (
        EVM + "[Database.Lock]\nLeaseDuration = '10s'\nLeaseRefreshInterval = '6s'",
        SECRETS,
        "Database.Lock.LeaseRefreshInterval: invalid value (6s): must be less than or equal to half of LeaseDuration",
    ),
    (EVM + "[Insecure]\nDevWebServer = true", SECRETS, "Insecure.DevWebServer: invalid value (true): insecure configs"),
    (EVM + "[OCR]\nEnabled = true\n[P2P.V2]\nEnabled = false", SECRETS, "P2P.V2.Enabled: invalid value (false)"),
    (EVM + "[OCR]\nEnabled = true", SECRETS, None),
    (NO_NODES + "Enabled = false", SECRETS, None),
]


@pytest.mark.parametrize(("config", "secrets", "part"), TEST_PROBLEMS)
def test_problems(tmp_path: Path, config: str, secrets: str, part: str | None) -> None:
    problems = load(tmp_path, config, secrets=secrets).problems()
    if part is None:
        assert problems is None
    else:
        assert part in (problems or "")


def test_gnosis_chain_type_by_release(tmp_path: Path) -> None:
    config = EVM.replace("ChainID = '11155111'", "ChainID = '100'\nChainType = 'xdai'")
    assert load(tmp_path, config, secrets=SECRETS, version="2.9.0").problems() is None
    assert 'only "gnosis"' in (load(tmp_path, config, secrets=SECRETS).problems() or "")


def test_websocket_is_optional_when_heads_are_polled(tmp_path: Path) -> None:
    config = EVM.replace("WSURL = 'wss://a.example.invalid'", "").replace(
        "ChainID = '11155111'",
        "ChainID = '11155111'\nLogBroadcasterEnabled = false\nNodePool.NewHeadsPollInterval = '5s'",
    )
    assert load(tmp_path, config, secrets=SECRETS).problems() is None


@pytest.mark.parametrize("name", ["ROOT", "LOG_LEVEL", "DATABASE_URL", "ETH_URL", "CHAINLINK_PORT", "SENTRY_DSN"])
def test_legacy_variables_are_refused_even_empty(name: str) -> None:
    with pytest.raises(CommandError) as caught:
        refuse_legacy({name: "", "CL_DATABASE_URL": "x"})
    assert f"environment variable {name} must not be set" in str(caught.value)


def test_there_are_about_two_hundred_legacy_variables() -> None:
    assert 190 <= len(LEGACY_NAMES) <= 250
    refuse_legacy({"PATH": "/bin", "CL_CONFIG": ""})


ENVIRONMENT = {"DATABASE_URL": URL, "ETH_URL": "wss://a.example.invalid", "ETH_CHAIN_ID": "11155111"}
TEST_ENVIRONMENT_PROBLEMS: list[tuple[dict[str, str], str | None]] = [
    ({}, None),
    ({"DATABASE_URL": ""}, "DATABASE_URL: empty: must be provided and non-empty"),
    ({"ETH_URL": "https://a.example.invalid"}, "ETH_URL scheme was https, must be ws or wss"),
    ({"ETH_URL": ""}, "ETH_URL: must be provided when EVM_RPC_ENABLED=true"),
    ({"ETH_HTTP_URL": "wss://a"}, "ETH_HTTP_URL scheme was wss, must be http or https"),
    ({"ETH_CHAIN_ID": "Sepolia"}, "Invalid value provided for ETH_CHAIN_ID"),
    ({"DATABASE_LOCKING_MODE": "both"}, "unrecognised value for DATABASE_LOCKING_MODE: both"),
    ({"LEASE_LOCK_REFRESH_INTERVAL": "9s"}, "LEASE_LOCK_REFRESH_INTERVAL must be less than or equal to half"),
    ({"SECURE_COOKIES": "perhaps"}, "Invalid value provided for SECURE_COOKIES: must be a boolean"),
    ({"LOG_LEVEL": "loud"}, "Invalid value provided for LOG_LEVEL: must be a log level"),
]


@pytest.mark.parametrize(("change", "part"), TEST_ENVIRONMENT_PROBLEMS)
def test_environment_problems(change: dict[str, str], part: str | None) -> None:
    problems = EnvironmentConfiguration({**ENVIRONMENT, **change}).problems()
    if part is None:
        assert problems is None
    else:
        assert part in (problems or "")


def test_environment_defaults() -> None:
    settings = EnvironmentConfiguration(ENVIRONMENT).settings()
    assert (settings.locking_mode, settings.advisory_lock_id) == ("dual", 1027321974924625846)
    assert (settings.https_port, settings.secure_cookies, settings.json_console) == (6689, True, False)


def test_toml_text_reads_back(tmp_path: Path) -> None:
    configuration = load(tmp_path, EVM, secrets=SECRETS)
    config, secrets = schemas(Version.parse("2.46.0"))
    assert decode(toml_text.dumps(configuration.input), config, "config") == configuration.input
    assert decode(toml_text.dumps(toml_text.redacted(configuration.secrets)), secrets, "secrets") == {
        "Database": {"URL": "xxxxx"},
        "Password": {"Keystore": "xxxxx"},
    }


TEST_KECCAK = [
    (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
]


@pytest.mark.parametrize(("message", "digest"), TEST_KECCAK)
def test_keccak256(message: bytes, digest: str) -> None:
    assert ethereum.keccak256(message).hex() == digest


@pytest.mark.parametrize("length", [135, 136, 137, 300])
def test_keccak256_pads_at_block_borders(length: int) -> None:
    digests = {ethereum.keccak256(b"x" * count) for count in (length - 1, length, length + 1)}
    assert len(digests) == 3


@pytest.mark.parametrize(
    "address", ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x779877A7B0D9E8603169DdbD7836e478b4624789"]
)
def test_checksummed(address: str) -> None:
    assert ethereum.checksummed(bytes.fromhex(address[2:])) == address


def test_key_ring_opens_with_its_password_only() -> None:
    ring: dict[str, Any] = {"Eth": {"0x1": "secret"}}
    row = keystore.encrypt(ring, "right")
    assert keystore.decrypt(row, "right") == ring
    assert b"secret".hex() not in row["ciphertext"]
    with pytest.raises(CommandError, match="could not decrypt key with given password"):
        keystore.decrypt(row, "wrong")


def test_waiting_is_logged_at_powers_of_two_and_thousands() -> None:
    logged = [count for count in range(3001) if lease.is_logged(count)]
    assert logged == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 3000]


def test_a_fault_fails_its_check_alone() -> None:
    names = ["EVM.1", "EVM.1.Txm", "JobSpawner"]
    checks = health.results(names, {"EVM.1.Txm": ("no RPC", True)})
    assert {check.name: check.passing for check in checks} == {"EVM.1": True, "EVM.1.Txm": False, "JobSpawner": True}
    assert health.as_text(checks[:2]) == "ok  EVM.1\n!   EVM.1.Txm\n\tno RPC\n"


def test_check_names_by_release() -> None:
    old = health.check_names(Behaviour.of(Version.parse("1.12.0")), ["1"])
    new = health.check_names(Behaviour.of(Version.parse("2.46.0")), ["1"])
    assert "*job.spawner" in old
    assert {"EVM.1", "EVM.1.HeadTracker.HeadListener", "HeadReporter", "JobSpawner", "WorkflowStore"} <= set(new)
    assert new == sorted(new)


TEST_METRIC_NAMES = [
    (
        "2.46.0",
        ["multi_node_states", "node_balance", "pool_rpc_node_polls_total"],
        ["eth_balance", "evm_pool_rpc_node_polls_total"],
    ),
    ("2.9.0", ["multi_node_states", "eth_balance"], ["node_balance", "evm_pool_rpc_node_states"]),
    ("1.12.0", ["evm_pool_rpc_node_states", "evm_pool_rpc_node_polls_total"], ["multi_node_states"]),
]


@pytest.mark.parametrize(("version", "present", "absent"), TEST_METRIC_NAMES)
def test_metrics_names_by_release(version: str, present: list[str], absent: list[str]) -> None:
    chain = Chain("11155111", (Endpoint("a", "wss://canary.invalid/key", "https://canary.invalid/key"),))
    behaviour = Behaviour.of(Version.parse(version))
    log = Logger(Sink(Version.parse(version), "info", True))
    pools = Pools([chain], lambda _chain_id: ["0xabc"], behaviour, log)
    pools.by_chain["11155111"].balances["0xabc"] = 5 * 10**17
    text = metrics.render(
        metrics.Snapshot(
            version=Version.parse(version),
            behaviour=behaviour,
            checks=health.results(["JobSpawner"], {}),
            pools=pools.by_chain,
            log_counts={"error": 3},
            maximum_connections=40,
            uptime=30.0,
        )
    )
    assert 'health{service_id="JobSpawner"} 1' in text
    assert 'state="Undialed"} 1' in text
    assert "\nlog_error_count 3\n" in text
    assert 'account="0xabc"' in text
    assert "} 0.5\n" in text
    assert all(f"# TYPE {name} " in text for name in present)
    assert not any(f"# TYPE {name} " in text for name in absent)
    assert "canary" not in text
