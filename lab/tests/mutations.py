# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show that tests fail when the behaviour that they are named for is taken out.

Run ``python lab/tests/mutations.py [--control] [--together] [NAME ...]`` after changing the lab, its tests or
``mutations.toml``; a NAME may hold wildcards. Each mutation of the table is put into a copy of the checkout, its tests
run there, and each of them must fail; ``--control`` first sees them all pass in the copy as it is. ``--together`` tries
all that are named at once, so that they share a lab's start: choose those that do not disturb each other's tests, and
read why each fails. It takes hours in all, with real labs (``live96`` and ``labtest``) for the tests that need one, so
it is no part of the test run. For corrections to moto ``api/needed.py`` does the same.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).resolve().parent
CHECKOUT = TESTS.parents[1]
TABLE = TESTS / "mutations.toml"
LONGEST_SECONDS = 1500
"""For the tests of one mutation, with a lab coming up and going down."""

# Built of the files' content, it is nobody else's.
IMAGE_PROGRAM = """
import sys
from nodeops_lab import images
base = f"{images.REPOSITORY}/base:{images.content_hash(images.IMAGES / 'base')}"
print(f"{images.REPOSITORY}/{sys.argv[1]}:{images.content_hash(images.IMAGES / sys.argv[1], f'BASE_IMAGE={base}')}")
"""


@dataclass(frozen=True)
class Mutation:
    """One behaviour taken out."""

    name: str
    without: str
    """What the lab does not do any more."""
    file: str
    """Below lab/."""
    old: str
    """Occurs once in the file."""
    new: str
    tests: tuple[str, ...]
    """FILE::FUNCTION, the file below lab/tests; each of them must fail."""
    before: tuple[str, ...] = ()
    """What runs before them, as the earlier tests of a story."""


def mutations() -> list[Mutation]:
    """Return the table's mutations."""
    with TABLE.open("rb") as file:
        rows = tomllib.load(file)["mutation"]
    return [Mutation(**{**row, "tests": tuple(row["tests"]), "before": tuple(row.get("before", ()))}) for row in rows]


def exemptions() -> dict[str, str]:
    """Return why tests are not shown to fail, by FILE::FUNCTION."""
    with TABLE.open("rb") as file:
        return dict(tomllib.load(file)["exempt"])


@dataclass(frozen=True)
class Outcome:
    """What became of a test function: of all its cases together."""

    passed: bool
    failure: str = ""
    """What the first case that failed says; empty if none did, as for a fixture that broke."""


class Copy:
    """A copy of the checkout, as it is now and not as it was committed, in which tests run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        listed = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and (CHECKOUT / name).is_file():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, directory / name)

    @contextmanager
    def mutated(self, mutations: list[Mutation]) -> Iterator[None]:
        """Have mutations in the copy for a while."""
        whole: dict[Path, str] = {}
        for mutation in mutations:
            path = self.directory / "lab" / mutation.file
            text = path.read_text(encoding="utf-8")
            if text.count(mutation.old) != 1:
                raise SystemExit(f"{mutation.name}: its old text is {text.count(mutation.old)} times in {path.name}.")
            whole.setdefault(path, text)
            path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        try:
            yield
        finally:
            images = {image for mutation in mutations if (image := self._image_of(mutation.file))}
            for path, text in whole.items():
                path.write_text(text, encoding="utf-8")
            self._take_labs_down()
            for image in images:
                subprocess.run(["docker", "image", "rm", image], check=False, capture_output=True)

    def run(self, tests: Iterable[str]) -> dict[str, Outcome]:
        """Run tests in the order of their files; return the outcome of each by FILE::FUNCTION, if it ran."""
        report = self.directory / "report.xml"
        report.unlink(missing_ok=True)
        chosen = [f"lab/tests/{test}" for test in sorted(set(tests), key=_place)]
        options = ["-q", "-p", "no:cacheprovider", "--tb=short", f"--junit-xml={report}", "-o", "junit_family=xunit1"]
        log = self.directory / "pytest.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *options, *chosen],
                cwd=self.directory,
                env=self._environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"  not at an end after {LONGEST_SECONDS} s", flush=True)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        return _outcomes(report) if report.exists() else {}

    def _environment(self) -> dict[str, str]:
        # Before the editable installation, for the command `lab` and the lab's daemon as well.
        return {**os.environ, "PYTHONPATH": str(self.directory / "lab"), "PYTHONDONTWRITEBYTECODE": "1"}

    def _image_of(self, file: str) -> str:
        """Return the tag of the image that a file is part of as it is now; an empty text for other files."""
        kind = file.split("/")[1] if file.startswith("images/") else ""
        if kind not in ("balancer", "gateway", "host"):
            return ""
        done = subprocess.run(
            [sys.executable, "-c", IMAGE_PROGRAM, kind],
            check=True,
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def _take_labs_down(self) -> None:
        """Take down what a test left, with a lab that is whole again."""
        for state in sorted((self.directory / ".lab").glob("*")):
            command = [str(Path(sys.executable).with_name("lab")), "down", "--name", state.name]
            subprocess.run(command, check=False, cwd=self.directory, env=self._environment(), capture_output=True)


def _place(test: str) -> tuple[str, int]:
    """Return where a test stands: its file, and how far down."""
    file, _, function = test.partition("::")
    return file, (TESTS / file).read_text(encoding="utf-8").index(f"\ndef {function}(")


def _outcomes(report: Path) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        # Below lab/, where the nearest settings of pytest lie.
        file = case.get("file", "").removeprefix("tests/")
        test = f"{file}::{case.get('name', '').partition('[')[0]}"
        failure = case.find("failure")
        passed = not any(child.tag in ("failure", "error", "skipped") for child in case)
        message = (failure.get("message") or "failed").splitlines()[0] if failure is not None else ""
        known = found.get(test, Outcome(True))
        found[test] = Outcome(known.passed and passed, known.failure or message)
    return found


def control(copy: Copy, chosen: list[Mutation]) -> bool:
    """Return whether all tests pass as long as nothing is taken out."""
    tests = dict.fromkeys(test for mutation in chosen for test in (*mutation.before, *mutation.tests))
    outcomes = copy.run(tests)
    wrong = [test for test in tests if not outcomes.get(test, Outcome(False)).passed]
    print(f"control: {len(tests) - len(wrong)} of {len(tests)} tests pass", flush=True)
    for test in wrong:
        print(f"  DOES NOT PASS: {test} {outcomes[test].failure if test in outcomes else '(did not run)'}", flush=True)
    return not wrong


def escaped(copy: Copy, together: list[Mutation]) -> list[str]:
    """Put mutations into the copy; return the names of those that not all of their tests notice."""
    began = time.monotonic()
    with copy.mutated(together):
        outcomes = copy.run(test for mutation in together for test in (*mutation.before, *mutation.tests))
    names = []
    for mutation in together:
        missing = [test for test in mutation.tests if not outcomes.get(test, Outcome(False)).failure]
        print(f"{mutation.name}: {'NOT CAUGHT' if missing else 'caught'}")
        for test in mutation.tests:
            if test in missing:
                print(
                    f"  {test}: {'PASSES' if outcomes.get(test, Outcome(False)).passed else 'DID NOT RUN TO ITS END'}"
                )
            else:
                print(f"  {test}: {outcomes[test].failure[:160]}")
        if missing:
            kept = Path(tempfile.gettempdir()) / f"mutation-{mutation.name}.log"
            shutil.copy(copy.directory / "pytest.log", kept)
            print(f"  see {kept}")
            names.append(mutation.name)
    print(f"  in {time.monotonic() - began:.0f} s", flush=True)
    return names


def main() -> int:
    """Try the mutations given, or all of them; return 1 if one is not caught."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--control", action="store_true", help="first see that the tests pass without any mutation")
    parser.add_argument("--together", action="store_true", help="all at once: quicker, and less certain of the reasons")
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutations to try, with wildcards (all)")
    arguments = parser.parse_args()
    patterns = arguments.names or ["*"]
    chosen = [one for one in mutations() if any(fnmatch.fnmatchcase(one.name, pattern) for pattern in patterns)]
    if not chosen:
        parser.error("no mutation has such a name")
    with tempfile.TemporaryDirectory(prefix="nodeops-mutations-") as directory:
        copy = Copy(Path(directory))
        if arguments.control and not control(copy, chosen):
            return 1
        batches = [chosen] if arguments.together else [[mutation] for mutation in chosen]
        missed = [name for batch in batches for name in escaped(copy, batch)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} caught" + (f"; not: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
