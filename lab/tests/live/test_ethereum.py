# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes reach the Ethereum endpoint and the registry as they reach a provider's and AWS's, from a host's container."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from nodeops_lab import ethereum
from nodeops_lab.engine import container
from nodeops_lab.node_images import BROKEN_RELEASES, NODE_RELEASES, NODE_REPOSITORY, OTHER_TAGS

from .live_lab import Host, LiveLab, until

pytestmark = pytest.mark.lab

KEY = "live-access-key-0001"
CHAIN = "11155111"
WS_URL, HTTP_URL = ethereum.endpoint_urls(CHAIN, KEY)
IMAGE = f"public.ecr.aws/{NODE_REPOSITORY}"
CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
# The node's own client, in the node's container, as the node's user.
HEADS = """
import sys
from chainlink_stand_in.rpc import SocketClient, call
assert call(sys.argv[2], "eth_chainId", []) == hex(11155111)
client = SocketClient(sys.argv[1])
client.call("eth_subscribe", ["newHeads"])
print(client.head(20), client.head(20))
"""


@pytest.fixture(scope="module")
def host(live: LiveLab) -> Iterator[Host]:
    launched = live.launch()
    yield launched
    live.terminate(launched)


@pytest.fixture
def well(live: LiveLab) -> Iterator[LiveLab]:
    """The lab, its endpoint well again afterwards."""
    yield live
    ethereum.heal(live.settings)


def status(host: Host, url: str = HTTP_URL, seconds: int = 10) -> str:
    """The status that a call is answered with; 000 where no answer comes."""
    options = f"-sS -m {seconds} -o /dev/null -w '%{{http_code}}' -H 'Content-Type: application/json' -d @-"
    return host.ssh(f"curl {options} {url}", CALL).stdout.strip()


def test_a_host_reaches_the_endpoint_by_its_public_name(live: LiveLab, host: Host) -> None:
    assert json.loads(host.run(f"curl -sS -d @- {HTTP_URL}", CALL))["result"] == hex(int(CHAIN))
    assert status(host, HTTP_URL.removesuffix(f"/{KEY}")) == "401"
    assert ethereum.status(live.settings)["requests"][CHAIN]["eth_chainId"] >= 1


def test_a_container_trusts_it_and_gets_heads(host: Host) -> None:
    options = "-i --read-only --cap-drop ALL --security-opt no-new-privileges --user 14933:14933"
    environment = "-e PYTHONPATH=/usr/local/lib/chainlink-stand-in"
    program = f"sudo docker run --rm {options} {environment} --entrypoint python3 {IMAGE}:{NODE_RELEASES[-1]}"
    first, second = host.run(f"{program} - {WS_URL} {HTTP_URL}", HEADS).split()[-2:]
    assert int(second) == int(first) + 1
    # curl has a bundle of its own choice: the same one.
    curl = f"sudo docker run --rm --entrypoint curl {IMAGE}:{NODE_RELEASES[-1]}"
    assert json.loads(host.run(f"{curl} -sS -d '{CALL}' {HTTP_URL}"))["result"] == hex(int(CHAIN))


FAILURES: dict[ethereum.Mode, str] = {
    "http_500": "500",
    "http_429": "429",
    "refuse": "502",
    "hang": "000",
    "no_heads": "200",
}


def test_it_fails_and_heals_on_demand(well: LiveLab, host: Host) -> None:
    def answers() -> bool:
        return status(host) == "200"

    for mode, expected in FAILURES.items():
        ethereum.fail(well.settings, mode)
        assert status(host, seconds=3) == expected, mode
        ethereum.heal(well.settings)
        until(answers)
    ethereum.fail(well.settings, "wrong_chain_id", chain_id=CHAIN, reported_chain_id=5)
    assert json.loads(host.run(f"curl -sS -d @- {HTTP_URL}", CALL))["result"] == "0x5"
    account = "0x" + "12" * 20
    ethereum.set_balance(well.settings, account, wei=7)
    ask = CALL.replace('"eth_chainId"', '"eth_getBalance"').replace("[]", f'["{account}", "latest"]')
    assert json.loads(host.run(f"curl -sS -d @- {HTTP_URL}", ask))["result"] == "0x7"
    # The access key stood on the wire only.
    for thing in ("ethereum", "gateway"):
        found = container(well.settings.container(thing))
        assert found is not None
        assert KEY not in found.logs().decode()
    told = (well.settings.state_directory / "ethereum" / "status.json").read_text()
    assert KEY not in told + (well.settings.state_directory / "daemon.log").read_text()


# --- The registry

CURL = "curl -sS -D - -o /dev/null"
REGISTRY = "https://public.ecr.aws/v2"


def test_the_registry_wants_a_token_and_lists_tags_in_pages(host: Host) -> None:
    challenge = host.run(f"{CURL} {REGISTRY}/").lower()
    assert challenge.startswith("http/1.1 401")
    assert 'www-authenticate: bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws"' in challenge
    token = json.loads(host.run("curl -sS 'https://public.ecr.aws/token/?service=public.ecr.aws&scope=aws'"))["token"]
    bearer = f"-H 'Authorization: Bearer {token}'"
    assert host.run(f"{CURL} {bearer} {REGISTRY}/").startswith("HTTP/1.1 200")
    tags: list[str] = []
    path = f"/v2/{NODE_REPOSITORY}/tags/list?n=100"
    for _page in range(10):
        head, _, body = (
            host.run(f"curl -sS -i {bearer} 'https://public.ecr.aws{path}'").replace("\r", "").partition("\n\n")
        )
        tags += json.loads(body)["tags"]
        links = [line for line in head.splitlines() if line.lower().startswith("link: ")]
        if not links:
            break
        path = links[0].partition("<")[2].partition(">")[0]
    assert tags == sorted({*NODE_RELEASES, *BROKEN_RELEASES, *OTHER_TAGS})
    written = host.run(f"{CURL} {bearer} -X POST {REGISTRY}/{NODE_REPOSITORY}/blobs/uploads/")
    assert written.startswith("HTTP/1.1 403")


def test_a_pull_by_digest_is_the_pull_by_tag(host: Host) -> None:
    release = BROKEN_RELEASES[0]
    host.run(f"sudo docker pull --quiet {IMAGE}:{release}")
    [named] = json.loads(host.run(f"sudo docker image inspect -f '{{{{json .RepoDigests}}}}' {IMAGE}:{release}"))
    host.run(f"sudo docker pull --quiet {named}")
    version = host.run(f"sudo docker run --rm {named} --version")
    assert version.startswith(f"chainlink version {release}@")
    # All releases share their layers: a further one takes a few kilobytes.
    layers = "sudo docker image inspect -f '{{json .RootFS.Layers}}'"
    host.run(f"sudo docker pull --quiet {IMAGE}:1.12.0")
    ours = json.loads(host.run(f"{layers} {IMAGE}:{release}"))
    others = json.loads(host.run(f"{layers} {IMAGE}:1.12.0"))
    assert ours[:-1] == others[:-1]
