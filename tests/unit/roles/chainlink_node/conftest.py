# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
PROGRAMS = CHECKOUT / "roles" / "chainlink_node" / "files"


@pytest.fixture(scope="module")
def host_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a host program by its file's name, as on a host: its library is module_utils under another name."""
    library = tmp_path_factory.mktemp("library")
    (library / "nodeops_chainlink").symlink_to(CHECKOUT / "plugins" / "module_utils")
    sys.path.insert(0, str(library))

    loaded: list[str] = []

    def load(file_name: str) -> ModuleType:
        name = file_name.replace("-", "_")
        loader = importlib.machinery.SourceFileLoader(name, str(PROGRAMS / file_name))
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loaded.append(name)
        sys.modules[name] = module  # dataclasses look there
        written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        loader.exec_module(module)
        sys.dont_write_bytecode = written
        return module

    yield load
    sys.path.remove(str(library))
    for name in [name for name in sys.modules if name.split(".")[0] in ("nodeops_chainlink", *loaded)]:
        del sys.modules[name]
