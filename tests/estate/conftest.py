# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One region for all tests of this directory, and the estates in it, made two at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from deployments import Deployed, Deployment, deploy
from region import Region, open_region
from variants import BY_NAME

AT_ONCE = 2


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A region without machines."""
    with open_region(tmp_path_factory.mktemp("estates")) as opened:
        yield opened


@pytest.fixture(scope="session")
def deployed(region: Region, request: pytest.FixtureRequest) -> Iterator[Deployed]:
    """Return a function that returns a variant's deployment. Those that any test wants are begun with the first."""
    wanted = dict.fromkeys(name for item in request.session.items for name in variants_of(item))
    with ThreadPoolExecutor(AT_ONCE) as executor:
        begun: dict[str, Future[Deployment]] = {name: executor.submit(deploy, region, BY_NAME[name]) for name in wanted}
        yield lambda name: begun[name].result()
        for future in begun.values():
            future.cancel()


def variants_of(item: pytest.Item) -> list[str]:
    """Return the variants that a test looks at: those of its mark, and its parameter."""
    found = [name for mark in item.iter_markers("variant") for name in mark.args]
    parameter = getattr(item, "callspec", None)
    if parameter is not None and "variant" in parameter.params:
        found.append(parameter.params["variant"])
    return found


@pytest.fixture
def deployment(deployed: Deployed, request: pytest.FixtureRequest) -> Deployment:
    """The deployment of the variant that the test's mark names."""
    return deployed(variants_of(request.node)[0])


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", "variant(name): looks at the estate of this variant")
