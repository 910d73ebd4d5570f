# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that moto does not have, and what it does not have of those that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
from moto.moto_server import werkzeug_app
from werkzeug.exceptions import NotFound

from .. import server as server_module
from ..errors import NotEmulatedError
from ..services import offer, route
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def own(_settings: Settings) -> None:
    """Serve the Data Lifecycle Manager, DevOps Guru and the SSM agents' messages.

    AWS: has them. Moto: none of them. See :mod:`nodeops_lab.api.services`.
    """
    for signing_name in ("dlm", "devops-guru", "ec2messages"):
        offer(signing_name)
    route()


@patch
def unknown_service(_settings: Settings) -> None:
    """Say that a service is not emulated.

    AWS: has some two hundred more. Moto: prints a line, then fails on its own error, which clients try again.
    """
    original = werkzeug_app.DomainDispatcherApplication.get_backend_for_host

    def get_backend_for_host(self: werkzeug_app.DomainDispatcherApplication, host: str | None) -> Any:
        backend = None if host is None else _quietly(original, self, host)
        if host is not None and backend is None:
            raise NotEmulatedError(f"the service {host.partition('.')[0]}")
        return backend

    replace(werkzeug_app.DomainDispatcherApplication, "get_backend_for_host", get_backend_for_host)


def _quietly(original: Any, dispatcher: Any, host: str) -> Any:
    for backend, pattern in dispatcher.backend_url_patterns:
        if pattern.match(f"http://{host}"):
            return backend
    return original(dispatcher, host) if "amazonaws.com" not in host else None


@patch
def unknown_path(_settings: Settings) -> None:
    """Say that an operation of a REST service is not emulated.

    AWS: knows it. Moto: a page of HTML with status 404, which clients show as an error without a name.
    """
    original = werkzeug_app.create_backend_app

    def create_backend_app(service: Any) -> flask.Flask:
        app = original(service)

        def not_found(error: NotFound) -> Any:
            if flask.request.url_rule is None:
                raise NotEmulatedError(f"{flask.request.method} of this path of the service {service}")
            return error

        app.register_error_handler(NotFound, not_found)
        return app

    # The server module has the name as well: it passes the function to the dispatcher.
    replace(server_module, "create_backend_app", create_backend_app)
