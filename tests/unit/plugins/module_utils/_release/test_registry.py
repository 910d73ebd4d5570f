# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email.utils
import http.server
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import registry
from ansible_collections.nodeops.chainlink.tests.unit import registry_server as server

NAME = "registry.test/chainlink/chainlink"
TAGS = [f"2.{minor}.0" for minor in range(10, 18)]


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds))
        self.now += seconds


class Place:
    """A served registry and the object under test, which asks it."""

    def __init__(self, served: server.Served, running: server.Server) -> None:
        self.served = served
        self.clock = Clock()
        self._running = running

    def ask(self, registry_name: str = "registry.test", timeout: float = 60) -> registry.Registry:
        opener = self._running.opener()
        return registry.Registry(
            registry_name, "chainlink/chainlink", timeout, opener, self.clock.monotonic, self.clock.sleep
        )

    def paths(self) -> list[str]:
        return [path for _host, path, _token in self.served.requests]


@pytest.fixture
def place() -> Iterator[Place]:
    served = server.Served()
    with server.serving(served) as running:
        yield Place(served, running)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(registry.RegistryError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("next_in_body", [False, True])
@pytest.mark.parametrize("challenge", [server.CHALLENGE, None])
def test_tags_of_all_pages(place: Place, challenge: str | None, next_in_body: bool) -> None:
    place.served.tags = list(TAGS)
    place.served.challenge = challenge
    place.served.next_in_body = next_in_body
    assert place.ask().tags() == TAGS
    assert len([path for path in place.paths() if path.startswith("/v2/")]) == 3 + bool(challenge)


def test_one_token_serves_all_requests_and_comes_from_where_the_challenge_says(place: Place) -> None:
    place.served.tags = list(TAGS)
    place.ask().tags()
    first = "/v2/chainlink/chainlink/tags/list"
    assert place.served.requests == [
        ("registry.test", f"{first}?n=1000", False),
        ("auth.test", "/token/?service=registry.test&scope=aws", False),
        ("registry.test", f"{first}?n=1000", True),
        ("registry.test", f"{first}?last=2.12.0&n=1000", True),
        ("registry.test", f"{first}?last=2.15.0&n=1000", True),
    ]


def test_a_challenge_without_a_scope_gets_the_scope_of_the_repository(place: Place) -> None:
    place.served.tags = ["2.46.0"]
    place.served.challenge = 'bearer realm="https://auth.test/token/?a=b",service="registry.test"'
    place.served.token_document = {"access_token": server.TOKEN}
    assert place.ask().tags() == ["2.46.0"]
    token = "/token/?a=b&service=registry.test&scope=repository%3Achainlink%2Fchainlink%3Apull"
    assert place.paths()[1] == token


def test_a_token_that_ran_out_is_replaced(place: Place) -> None:
    place.served.tags = ["2.46.0"]
    source = place.ask()
    source.tags()
    place.served.first = [(401, {"WWW-Authenticate": server.CHALLENGE}, b"")]
    assert source.tags() == ["2.46.0"]


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io"])
def test_docker_hub_is_where_it_is(place: Place, name: str) -> None:
    place.served.tags = ["2.46.0"]
    assert place.ask(name).tags() == ["2.46.0"]
    assert place.served.requests[0][0] == "registry-1.docker.io"


# (how the tag is made, platform, whether there is an image)
TEST_DIGEST: list[tuple[Callable[[server.Served], str], str, bool]] = [
    (lambda served: served.index("2.46.0", server.ARM64, server.AMD64), "linux/amd64", True),
    (lambda served: served.index("2.46.0", server.AMD64, kind=server.LIST), "linux/amd64", True),
    (lambda served: served.index("2.46.0", server.ARM64), "linux/amd64", False),
    (lambda served: served.index("2.46.0", server.ARM64), "linux/arm64", True),
    (lambda served: served.index("2.46.0", server.ARM64), "linux/arm64/v8", True),
    (lambda served: served.index("2.46.0", server.AMD64), "linux/amd64/v3", False),
    (lambda served: served.index("2.46.0", {"os": "unknown", "architecture": "unknown"}), "linux/amd64", False),
    (lambda served: served.single("2.46.0", server.AMD64), "linux/amd64", True),
    (lambda served: served.single("2.46.0", server.AMD64, kind=server.DOCKER), "linux/amd64", True),
    (lambda served: served.single("2.46.0", server.ARM64), "linux/amd64", False),
    (lambda served: served.single("2.46.0", {"os": "windows", "architecture": "amd64"}), "linux/amd64", False),
    (lambda served: served.manifest("2.46.0", "text/plain", {"manifests": [{"platform": server.AMD64}]}), "linux/amd64",
     True),
    (lambda served: served.manifest("2.46.0", server.FIRST, {"architecture": "amd64"}), "linux/amd64", False),
]  # fmt: skip


@pytest.mark.parametrize(("make", "platform", "there"), TEST_DIGEST)
def test_digest(place: Place, make: Callable[[server.Served], str], platform: str, there: bool) -> None:
    digest = make(place.served)
    assert place.ask().digest("2.46.0", platform) == (digest if there else None)


def test_a_tag_without_a_manifest_has_no_digest(place: Place) -> None:
    place.served.single("2.45.0", server.AMD64)
    assert place.ask().digest("2.46.0", "linux/amd64") is None


def test_no_token_goes_to_where_a_blob_is_stored(place: Place) -> None:
    digest = place.served.single("2.46.0", server.AMD64)
    place.served.redirect_blobs_to = "https://storage.test"
    assert place.ask().digest("2.46.0", "linux/amd64") == digest
    host, path, had_token = place.served.requests[-1]
    assert (host, path.startswith("/storage/sha256:"), had_token) == ("storage.test", True, False)


LISTING = f"could not list the tags of {NAME}: "
READING = f"could not read the manifest of 2.46.0 of {NAME}: "


def answering(status: int, body: bytes = b"", **headers: str) -> Callable[[server.Served], None]:
    answer = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    return lambda served: served.first.append(answer)


def having(**changes: Any) -> Callable[[server.Served], None]:
    def change(served: server.Served) -> None:
        for name, value in changes.items():
            setattr(served, name, value)

    return change


# (what is different, message)
TEST_TAGS_REFUSES: list[tuple[Callable[[server.Served], None], str]] = [
    (having(tags=[]), "there is no such repository (HTTP status 404)"),
    (answering(403), "the repository does not exist, or is not for everyone to read (HTTP status 403)"),
    (answering(401), "it wants credentials and gives no token without (HTTP status 401)"),
    (
        answering(401, WWW_Authenticate='Basic realm="registry"'),
        "it wants credentials and gives no token without (HTTP status 401)",
    ),
    (having(token_status=403), "it gives no token (HTTP status 403)"),
    (having(token_document={}), "its token is not usable"),
    (having(token_document={"token": "a\r\nHost: b"}), "its token is not usable"),
    (
        having(token_document={"token": "wrong"}),
        "the repository does not exist, or is not for everyone to read (HTTP status 401)",
    ),
    (
        having(challenge='Bearer realm="http://auth.test/token/"'),
        "it leads to a http URL, and only https is used",
    ),
    (answering(418), "HTTP status 418"),
    (answering(200, b"<html>"), "its answer is not a JSON object"),
    (answering(200, b'{"tags": "2.46.0"}'), "its answer has no list of tags"),
    (having(next_page="https://elsewhere.test/v2/"), "its next page is on another server"),
    (having(next_page="http://registry.test/v2/"), "its next page is on another server"),
    (having(next_page="/v2/chainlink/chainlink/tags/list?n=1000"), "its pages do not end"),
    (answering(302, Location="http://registry.test/"), "it leads to a http URL, and only https is used"),
    (answering(302, Location="file:///etc/passwd"), "HTTP status 302"),
]

TEST_DIGEST_REFUSES: list[tuple[Callable[[server.Served], None], str]] = [
    (
        having(announce="sha256:" + "0" * 64),
        "its content does not have the digest that the registry announces",
    ),
    (having(blobs={}), "its configuration is missing or does not have its digest"),
    (
        lambda served: served.blobs.update(dict.fromkeys(served.blobs, b'{"os": "linux", "architecture": "amd64"}')),
        "its configuration is missing or does not have its digest",
    ),
    (lambda served: having(manifests={"2.46.0": (server.INDEX, b"{}")})(served), "the index lists no manifests"),
    (having(redirect_blobs_to="http://storage.test"), "it leads to a http URL, and only https is used"),
]


@pytest.mark.parametrize(("change", "message"), TEST_TAGS_REFUSES)
def test_tags_refuses(place: Place, change: Callable[[server.Served], None], message: str) -> None:
    place.served.tags = list(TAGS)
    change(place.served)
    assert refusal(place.ask().tags) == LISTING + message


@pytest.mark.parametrize(("change", "message"), TEST_DIGEST_REFUSES)
def test_digest_refuses(place: Place, change: Callable[[server.Served], None], message: str) -> None:
    place.served.single("2.46.0", server.AMD64)
    change(place.served)
    assert refusal(lambda: place.ask().digest("2.46.0", "linux/amd64")) == READING + message


# (answers that come first, pauses)
TEST_PATIENCE: list[tuple[list[tuple[int, dict[str, str]]], list[float]]] = [
    ([(429, {})], [1]),
    ([(500, {}), (502, {}), (503, {}), (504, {})], [1, 2, 4, 8]),
    ([(429, {"Retry-After": "17"})], [17]),
    ([(429, {"Retry-After": "0"}), (429, {"Retry-After": "soon"})], [1, 2]),
    ([(503, {"Retry-After": email.utils.formatdate(time.time() - 60)})], [1]),
]


@pytest.mark.parametrize(("answers", "pauses"), TEST_PATIENCE)
def test_a_busy_registry_is_asked_again(
    place: Place, answers: list[tuple[int, dict[str, str]]], pauses: list[float]
) -> None:
    place.served.tags = ["2.46.0"]
    place.served.first = [(status, headers, b"") for status, headers in answers]
    assert place.ask().tags() == ["2.46.0"]
    assert place.clock.pauses == pauses


def test_a_date_to_ask_again_is_understood(place: Place) -> None:
    place.served.tags = ["2.46.0"]
    place.served.first = [(429, {"Retry-After": email.utils.formatdate(time.time() + 30)}, b"")]
    assert place.ask().tags() == ["2.46.0"]
    assert 20 < place.clock.now < 40


def test_patience_ends(place: Place) -> None:
    place.served.first = [(429, {"Retry-After": "61"}, b"")]
    assert refusal(place.ask().tags) == (
        f"{LISTING}HTTP status 429, and asking again in 61 s would take longer than the 60 s given"
    )
    assert place.clock.pauses == []
    place.served.first = [(503, {}, b"")] * 20
    assert refusal(place.ask().tags) == (
        f"{LISTING}HTTP status 503, and asking again in 30 s would take longer than the 60 s given"
    )
    assert place.clock.pauses == [1, 2, 4, 8, 16]


def test_an_answer_without_end_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_MAXIMUM_BODY_BYTES", 10)
    place.served.tags = list(TAGS)
    assert refusal(place.ask().tags) == f"{LISTING}its answer is too large"


def test_a_connection_that_is_cut_is_tried_again() -> None:
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            for _ in range(3):
                listener.accept()[0].close()

        thread = threading.Thread(target=cut)
        thread.start()
        opener = registry.https_opener(server.Loopback(listener.getsockname()[1]))
        source = registry.Registry("registry.test", "chainlink/chainlink", 5, opener, clock.monotonic, clock.sleep)
        message = refusal(source.tags)
        thread.join()
    assert message.endswith("the connection was cut, and asking again in 4 s would take longer than the 5 s given")
    assert clock.pauses == [1, 2]


def test_a_closed_port_is_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    source = registry.Registry(f"127.0.0.1:{port}", "chainlink/chainlink", 5)
    assert refusal(source.tags) == (
        f"could not list the tags of 127.0.0.1:{port}/chainlink/chainlink: it cannot be reached: Connection refused"
    )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file, that no authority signed."""
    path = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_text((tmp_path / "key").read_text() + (tmp_path / "cert").read_text())
    return path


def test_tls_is_spoken_and_verified(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = server.Served(tags=["2.46.0"], challenge=None)
    httpd: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), server.Handler)
    httpd.served = served
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    name = f"127.0.0.1:{httpd.server_port}"
    with httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            message = refusal(registry.Registry(name, "chainlink/chainlink", 5).tags)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            tags = registry.Registry(name, "chainlink/chainlink", 5).tags()
        finally:
            httpd.shutdown()
            thread.join()
    assert message.startswith(
        f"could not list the tags of {name}/chainlink/chainlink: its certificate is not trusted ("
    )
    assert tags == ["2.46.0"]
