# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in the region: IAM's policy language, and what each request asks for in its words.

``patterns``, ``conditions``, ``policy`` and ``decision`` are the language: pure functions of texts and values.
``request`` and ``services/`` say which actions on which resources a request needs; ``credentials`` whose it is;
``gate`` puts them together, and ``refusal`` words the answer as AWS does. ``record`` and ``comparison`` keep and
judge what was called.
"""

from __future__ import annotations
