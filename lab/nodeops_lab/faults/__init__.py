# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: `lab fault` breaks something, `lab heal` undoes it.

What is in force stands in the lab's `faults.json`. The command applies a fault and undoes it; the daemon keeps it in
force where containers come and go, and answers the API's faults. `registry.py` has all kinds.
"""
