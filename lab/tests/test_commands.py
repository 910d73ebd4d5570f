# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import json
import subprocess
import sys


def test_commands_do_without_the_emulator() -> None:
    """Importing moto takes seconds, which every command would take then."""
    program = "import json, sys, nodeops_lab.cli; print(json.dumps([name for name in sys.modules if name == 'moto']))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == []
