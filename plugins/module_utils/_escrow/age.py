# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts with the program age: the text goes in and comes out through pipes, and no file holds it."""

from __future__ import annotations

import subprocess

PROGRAM = "age"
SECONDS = 60.0


class AgeError(Exception):
    """The text could not be encrypted; the message holds nothing of it."""


def encrypt(text: str, recipient: str, program: str = PROGRAM) -> str:
    """The text for a recipient alone, in ASCII armour; raises AgeError."""
    try:
        done = subprocess.run(
            [program, "--encrypt", "--armor", "--recipient", recipient],
            check=False,
            input=text,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
    except FileNotFoundError as error:
        raise AgeError("the program age is not on this host; install the package age") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AgeError(f"age did not run ({type(error).__name__})") from error
    if done.returncode != 0 or not done.stdout.startswith("-----BEGIN AGE ENCRYPTED FILE-----"):
        raise AgeError(f"age did not encrypt: {done.stderr.strip() or 'it gave no reason'}")
    return done.stdout
