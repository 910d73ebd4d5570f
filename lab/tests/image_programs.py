# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the images, which are no package of this one, as modules."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from nodeops_lab.settings import LAB_DIRECTORY


def load(image: str, program: str) -> Any:
    """Return a program of lab/images/<image> as a module, without running it."""
    name = f"lab_image_{image}_{program}"
    if name not in sys.modules:
        path = LAB_DIRECTORY / "images" / image / f"{program}.py"
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        # Data classes look their module up by name.
        sys.modules[name] = module
        specification.loader.exec_module(module)
    return sys.modules[name]
