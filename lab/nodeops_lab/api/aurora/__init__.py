# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora clusters between the API and the servers that follow it.

The API takes orders (orders.py) and shows states; whoever runs the servers reads what is wanted (view.py) and tells
what has come to be (reality.py). Where nobody runs servers, as when the API is served by itself, every order is
carried out as soon as it is given.
"""

from __future__ import annotations
