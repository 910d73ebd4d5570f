# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulation says of itself."""

from __future__ import annotations


class NotEmulatedError(NotImplementedError):
    """AWS can do it and the lab cannot: answered as NotImplemented, with this message.

    The message must hold names only, no values of the request: it is shown and logged.
    """
