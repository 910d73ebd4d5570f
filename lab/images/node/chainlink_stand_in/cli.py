# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of both generations."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode

from . import defects, migrations, toml_text
from .database import Database, Error, application_name
from .environment import EnvironmentConfiguration, refuse_legacy
from .errors import CommandError, joined
from .flags import Flag, Flags, parse
from .logs import Logger, Sink
from .node import Node, StartOptions
from .remote import DEFAULT_URL, Remote
from .settings import Settings, TomlConfiguration
from .versions import Behaviour, Version, running_version

_CONFIG = Flag(("config", "c"), "texts")
_SECRETS = Flag(("secrets", "s"), "texts")
_ROOT_FLAGS = (
    Flag(("json", "j"), "switch"),
    Flag(("admin-credentials-file",)),
    Flag(("remote-node-url",)),
    Flag(("insecure-skip-verify",), "switch"),
    Flag(("help", "h"), "switch"),
    Flag(("version", "v"), "switch"),
    _CONFIG,
    _SECRETS,
)
_START_FLAGS = (
    Flag(("api", "a")),
    Flag(("password", "p")),
    Flag(("vrfpassword", "vp")),
    Flag(("debug", "d"), "switch"),
)
_HEALTH_FLAGS = (Flag(("failing", "f"), "switch"), Flag(("json", "j"), "switch"))
_LOGIN_FLAGS = (Flag(("file", "f")), Flag(("bypass-version-check",), "switch"))
_IMPORT_FLAGS = (Flag(("old-password", "oldpassword", "p")), Flag(("evm-chain-id", "evmChainID")))

Configuration = TomlConfiguration | EnvironmentConfiguration


@dataclass
class Shell:
    """One invocation of the program."""

    version: Version
    behaviour: Behaviour
    environ: Mapping[str, str]
    root: Flags

    def configuration(self, flags: Flags) -> Configuration:
        """Read what the flags and the environment name. Raises CommandError."""
        files = self.root.all("config") + flags.all("config")
        secrets = self.root.all("secrets") + flags.all("secrets")
        given_at_root = self.root.all("config") or self.root.all("secrets")
        if given_at_root and (flags.all("config") or flags.all("secrets")):
            raise CommandError(
                "multiple commands with --config or --secrets flags. only one command may specify these flags. "
                "when secrets are used, they must be specific together in the same command"
            )
        if not (self.behaviour.toml_only or files or secrets or self.environ.get("CL_CONFIG")):
            return EnvironmentConfiguration(self.environ)
        if len(secrets) > 1 and not self.behaviour.many_secrets_files:
            raise CommandError("Incorrect Usage. only one secrets file may be given")
        refuse_legacy(self.environ)
        return TomlConfiguration.load(files, secrets, self.environ, self.behaviour)

    def remote(self) -> Remote:
        return Remote(self.root.text("remote-node-url", DEFAULT_URL), self.root.on("insecure-skip-verify"))

    def node(self, words: Sequence[str]) -> int:
        """``node`` or ``local`` and what follows."""
        flags = parse(words, (_CONFIG, _SECRETS) if self.behaviour.toml_only else ())
        name = flags.rest[0] if flags.rest else ""
        if name in ("start", "node", "n"):
            return self._start(flags)
        if name == "validate" and self.behaviour.toml_only:
            return self.validate(flags)
        if name == "db":
            return self._db(flags)
        if name == "status" and not self.behaviour.admin_status:
            return self.status()
        raise CommandError(f"No help topic for '{name}'" if name else "node: a command is required", 3 if name else 0)

    def _start(self, flags: Flags) -> int:
        start = parse(flags.rest[1:], _START_FLAGS)
        configuration = self.configuration(flags)
        settings = configuration.settings()
        level = "debug" if start.on("debug") else settings.log_level
        sink = Sink(self.version, level, settings.json_console)
        if settings.log_file_size:
            sink.open_file(settings.log_file_dir)
        log = Logger(sink, "RunNode")
        if isinstance(configuration, TomlConfiguration):
            # As in the node this shows RPC URLs, at debug level only.
            log.debug("# Input Configuration:\n" + toml_text.dumps(configuration.input))
        if defects.defect_of(self.version) == defects.CRASHES:
            raise CommandError(defects.PANIC, defects.PANIC_EXIT_CODE)
        options = StartOptions(start.text("password"), start.text("api"), start.text("vrfpassword"))
        return Node(self.version, configuration, options, self.environ, sink).run()

    def validate(self, flags: Flags) -> int:
        """``node validate`` (2.x), ``config validate`` (1.11 to 1.13)."""
        configuration = self.configuration(flags)
        if isinstance(configuration, EnvironmentConfiguration):
            raise CommandError("config files or CL_CONFIG are required")
        print("# Secrets:\n" + toml_text.dumps(toml_text.redacted(configuration.secrets)))
        print("# Input Configuration:\n" + toml_text.dumps(configuration.input))
        print("# Effective Configuration, with defaults applied:\n" + toml_text.dumps(configuration.effective()))
        problems = configuration.problems()
        if problems:
            print(f"Invalid configuration: {problems}\n")
            raise CommandError("invalid configuration")
        print("Valid configuration.")
        return 0

    def _db(self, flags: Flags) -> int:
        name = flags.rest[1] if len(flags.rest) > 1 else ""
        if name not in ("version", "status", "migrate"):
            raise CommandError(f"stand-in: node db {name} is not imitated")
        configuration = self.configuration(flags)
        problems = configuration.database_problems()
        if problems:
            print(f"Invalid configuration: invalid secrets: {joined(problems)}\n")
            raise CommandError("invalid configuration")
        settings = configuration.settings()
        log = Logger(Sink(self.version, settings.log_level, settings.json_console))
        database = Database(settings.database_url, application_name(self.version, "App", "CLI"), settings.query_timeout)
        try:
            self._db_command(name, database, settings, log)
        except Error as error:
            raise CommandError(f"failed to initialize orm: {str(error).strip()}") from error
        finally:
            database.close()
        return 0

    def _db_command(self, name: str, database: Database, _settings: Settings, log: Logger) -> None:
        if name == "migrate":
            migrations.migrate(database, self.behaviour, log)
            return
        with database.transaction() as cursor:
            if name == "version":
                log.info(f"Database version: {migrations.current(cursor)}")
            else:
                print("\n".join(migrations.status(cursor, self.behaviour)))

    def health(self, words: Sequence[str]) -> int:
        """``health``: failing checks are no failure of the command."""
        flags = parse(words, _HEALTH_FLAGS)
        accept = "application/json" if flags.on("json") or self.root.on("json") else "text/plain"
        text, _ = self.remote().ask("GET", "/health" + ("?failing" if flags.on("failing") else ""), accept)
        print(text.rstrip("\n"))
        return 0

    def status(self) -> int:
        """``admin status`` (2.x), ``node status`` (1.x)."""
        text, _ = self.remote().ask("GET", "/health?full=1", "application/json")
        checks = [item["attributes"] for item in json.loads(text)["data"]]
        if self.root.on("json"):
            print(json.dumps(checks, indent=2))
        for check in checks if not self.root.on("json") else ():
            print(f"{check['name']} | {check['status']} | {check['output']}".rstrip())
        return 0

    def admin(self, words: Sequence[str]) -> int:
        name = words[0] if words else ""
        if name == "status" and self.behaviour.admin_status:
            return self.status()
        if name == "logout":
            self.remote().logout()
            return 0
        if name == "login":
            flags = parse(words[1:], _LOGIN_FLAGS)
            file = flags.text("file") or self.root.text("admin-credentials-file")
            if not file:
                raise CommandError("stand-in: admin login needs --file")
            self.remote().login(file, self.version, flags.on("bypass-version-check"))
            print("Successfully Logged In.")
            return 0
        raise CommandError(f"stand-in: admin {name} is not imitated")

    def keys(self, words: Sequence[str]) -> int:
        if len(words) > 1 and words[1] == "import":
            return self.import_key(words[0], words[2:])
        if list(words[:2]) != ["eth", "list"]:
            raise CommandError(f"stand-in: keys {' '.join(words)} is not imitated")
        keys = [item["attributes"] for item in json.loads(self.remote().ask("GET", "/v2/keys/eth")[0])["data"]]
        if self.root.on("json"):
            print(json.dumps(keys, indent=2))
        for key in keys if not self.root.on("json") else ():
            print(f"Address: {key['address']}\nEVM Chain ID: {key['evmChainID']}\nDisabled: {key['disabled']}\n")
        return 0

    def import_key(self, kind: str, words: Sequence[str]) -> int:
        """``keys KIND import``: send an exported key with the password in a file."""
        flags = parse(words, _IMPORT_FLAGS)
        if not flags.rest:
            raise CommandError("Must pass the filepath of the key to be imported")
        if not flags.text("old-password"):
            raise CommandError("Must specify --old-password/-p flag")
        try:
            password = Path(flags.text("old-password")).read_text(encoding="utf-8").strip()
            document = json.loads(Path(flags.rest[0]).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        query = {"oldpassword": password}
        if flags.text("evm-chain-id"):
            query["evmChainID"] = flags.text("evm-chain-id")
        text, _ = self.remote().ask("POST", f"/v2/keys/{kind}/import?{urlencode(query)}", document=document)
        print(f"Imported key {json.loads(text)['data']['id']}")
        return 0


def run(words: Sequence[str], environ: Mapping[str, str], version: Version) -> int:
    """Run one command; the exit code. Raises CommandError."""
    behaviour = Behaviour.of(version)
    root = parse(words, _ROOT_FLAGS)
    shell = Shell(version, behaviour, environ, root)
    if root.on("version"):
        print(f"chainlink version {version}@{version.commit}")
        return 0
    if not root.rest or root.on("help"):
        print("NAME:\n   chainlink - CLI for Chainlink\n\nUSAGE:\n   chainlink [global options] command")
        return 0
    name, rest = root.rest[0], root.rest[1:]
    if name in ("node", "local"):
        return shell.node(rest)
    if name == "health" and behaviour.health_command:
        return shell.health(rest)
    if name == "admin":
        return shell.admin(rest)
    if name == "keys":
        return shell.keys(rest)
    if name == "config" and rest[:1] == ["validate"] and not behaviour.toml_only:
        return shell.validate(Flags())
    if name == "config" and rest[:1] == ["dump"] and behaviour.config_dump:
        print(json.loads(shell.remote().ask("GET", "/v2/config/dump-v1-as-v2")[0])["data"]["attributes"]["config"])
        return 0
    raise CommandError(f"No help topic for '{name}'", 3)


def main() -> int:
    """The console entry point."""
    try:
        return run(sys.argv[1:], os.environ, running_version())
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.code


def main_and_leave() -> NoReturn:
    """Run the program and leave at once with its exit code.

    The interpreter's own way out would free what the node's threads still use: a stopped node then died of a
    segmentation fault now and then.
    """
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
