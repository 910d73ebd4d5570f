# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an estate's monitoring is made of, one file for each service of AWS, and `compare`, which decides.

Each service's file reads what there is as plain mappings and carries out one change; it knows no Ansible. Where
amazon.aws has a module that can say the same, the roles use that one.
"""
