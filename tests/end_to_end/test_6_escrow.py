# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a running estate in one file: all of them, for the recipient alone, and nothing left of the way."""

from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hunt import SEARCH, assert_clean, hunt_on_the_hosts
from nodes import active_and_standby, sql
from operations import deploy_anew, fail, succeed
from outage import HealthClient
from playbook_output import recap
from support import TOP, Estate

pytestmark = pytest.mark.long

NEW = "2.46.0"
# Asks the node as its first user: reads {"email": ..., "password": ..., "requests": [[method, path], ...]} from
# standard input, and prints the answers.
ASK = """
import json, sys, urllib.request
orders = json.load(sys.stdin)
url, cookie, answers = "http://127.0.0.1:6688", "", []
user = {name: orders[name] for name in ("email", "password")}
for method, path in [["POST", "/sessions"], *orders["requests"]]:
    body = json.dumps(user).encode() if path == "/sessions" else None
    headers = {"Content-Type": "application/json", "Cookie": cookie}
    request = urllib.request.Request(url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            cookie = (answer.headers["Set-Cookie"] or cookie).partition(";")[0]
            answers.append(json.load(answer))
    except urllib.error.HTTPError as error:
        assert error.code == 404, (path, error.code)
        answers.append(None)
print(json.dumps(answers[1:]))
"""
KINDS = ("eth", "csa", "p2p", "ocr", "ocr2", "vrf", "solana", "workflow")
# Who holds the lock of an export, which is the process that makes it.
HOLDERS = """
for process in /proc/[0-9]*; do
  if ls -l $process/fd 2>/dev/null | grep -q chainlink-escrow.lock; then echo ${process#/proc/}; fi
done
"""


def ask(estate: Estate, *requests: tuple[str, str]) -> list[Any]:
    """Return what the active node answers; None for what it does not have."""
    secret = json.loads(estate.client("secretsmanager").get_secret_value(SecretId=f"{estate.name}/api")["SecretString"])
    active, _standby = active_and_standby(estate)
    answers = estate.run_on(active, ["python3", "-c", ASK], text=json.dumps({**secret, "requests": requests}))
    return list(json.loads(answers))


def keys_of(estate: Estate) -> set[tuple[str, str]]:
    answers = ask(estate, *[("GET", f"/v2/keys/{kind}") for kind in KINDS])
    # A sending key's id has its chain before the address in later releases; an export is by address.
    return {
        (kind, key["attributes"]["address"] if kind == "eth" else key["id"])
        for kind, answer in zip(KINDS, answers, strict=True)
        if answer
        for key in answer["data"]
    }


@dataclass(frozen=True)
class Identity:
    file: Path
    recipient: str

    def decrypt(self, path: Path) -> dict[str, Any]:
        command = ["age", "--decrypt", "--identity", str(self.file), str(path)]
        document = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
        assert isinstance(document, dict)
        return document


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    file = tmp_path_factory.mktemp("escrow") / "recipient.key"
    said = subprocess.run(["age-keygen", "-o", file], capture_output=True, text=True, check=True, timeout=60).stderr
    (recipient,) = re.findall(r"age1[a-z0-9]+", said)
    return Identity(file, recipient)


@pytest.fixture(scope="module", autouse=True)
def keys(estate: Estate) -> set[tuple[str, str]]:
    """Deploy a release that has all kinds, and give the node several keys; return them by kind and id."""
    if estate.record["release"]["tag"] != NEW:
        deploy_anew(estate, NEW)
    made = ask(estate, *[("POST", f"/v2/keys/{path}") for path in ("p2p", "p2p", "ocr", "ocr2/evm", "vrf", "solana")])
    assert None not in made
    return keys_of(estate)


@dataclass(frozen=True)
class Run:
    output: str
    file: Path
    outages: list[tuple[float, float]]


@pytest.fixture(scope="module")
def exported(estate: Estate, keys: set[tuple[str, str]], identity: Identity) -> Run:
    """Run the playbook once, with everything that Ansible can print, while a client watches the nodes."""
    file = identity.file.parent / "exported.age"
    variables: dict[str, Any] = {"estate_escrow_recipient": identity.recipient, "estate_escrow_file": str(file)}
    with HealthClient(estate) as client:
        answer = estate.playbook("playbooks/escrow.yml", "-vvv", "--diff", **variables)
    assert answer.returncode == 0, answer.stdout[-4000:]
    return Run(answer.stdout + answer.stderr, file, client.outages)


def left_overs(estate: Estate) -> list[str]:
    """Return whatever there is of a throw-away node: in the database, in containers, in memory."""
    like = "LIKE 'nodeops%escrow%'"
    found = sql(estate, f"SELECT datname FROM pg_database WHERE datname {like}")
    found += sql(estate, f"SELECT rolname FROM pg_roles WHERE rolname {like}")
    left = [str(row[0]) for row in found]
    for instance_id, host in estate.nodes().items():
        names = host.check_output("docker container ls --all --format '{{.Names}}'").split()
        left += [f"{instance_id}: {name}" for name in names if name != "chainlink"]
        # The lock is an empty file.
        left += [
            f"{instance_id}: {name}" for name in host.check_output("ls /run").split() if name == "chainlink-escrow"
        ]
    return left


def test_every_key_is_inside(identity: Identity, keys: set[tuple[str, str]], exported: Run) -> None:
    document = identity.decrypt(exported.file)
    inside = {(key["kind"], key["id"]) for key in document["keys"]}
    outside = {(key["kind"], key["id"]) for key in document["not_exported"]}
    assert len([key for key in inside if key[0] == "p2p"]) >= 2
    assert inside | outside == keys
    assert {kind for kind, _id in outside} == {"workflow"}
    assert document["release"]["tag"] == NEW


def test_it_says_what_is_inside_and_what_is_not(keys: set[tuple[str, str]], exported: Run) -> None:
    for kind, key in keys:
        assert f"{kind} {key}" in exported.output
    assert "They are in the database alone" in exported.output


def test_the_file_is_its_owners_alone(exported: Run) -> None:
    assert stat.S_IMODE(exported.file.stat().st_mode) == 0o600
    assert exported.file.read_text(encoding="ascii").startswith("-----BEGIN AGE ENCRYPTED FILE-----")


def test_the_node_served_all_the_time(exported: Run) -> None:
    assert exported.outages == []


def test_nothing_is_left(estate: Estate, exported: Run) -> None:
    assert left_overs(estate) == []


def test_the_node_s_own_command_line_takes_the_keys(estate: Estate, identity: Identity, exported: Run) -> None:
    """As the guide says. The node has the keys, and says so only after the password has opened one."""
    document = identity.decrypt(exported.file)
    active, _standby = active_and_standby(estate)
    for kind in ("vrf", "eth"):
        (key, *_others) = [one for one in document["keys"] if one["kind"] == kind]
        for password, said in ((document["password"], "already exists"), ("wrong", "could not decrypt key")):
            chain = "--evmChainID 11155111" if kind == "eth" else ""
            script = (
                "cd /tmp && export XDG_CACHE_HOME=/tmp"
                ' && read -r password && cat > key.json && echo "$password" > password'
                " && chainlink admin login -f /run/chainlink/.api > /dev/null"
                f" && chainlink keys {kind} import -p password {chain} key.json 2>&1; rm -r key.json password chainlink"
            )
            command = ["docker", "exec", "--interactive", "chainlink", "bash", "-c", script]
            output = estate.run_on(active, command, text=f"{password}\n{json.dumps(key['key'])}")
            assert said in output


def test_no_secret_is_anywhere(estate: Estate, identity: Identity, exported: Run) -> None:
    assert_clean(estate, "ansible-playbook -vvv --diff", exported.output)
    hunt_on_the_hosts(estate, environment_of_the_node=False)
    document = identity.decrypt(exported.file)
    # A VRF key has what is encrypted in a table of its own.
    encrypted = [key["key"].get("vrf_key", key["key"]) for key in document["keys"]]
    texts = [document["password"], *[one["crypto"]["ciphertext"] for one in encrypted]]
    armour = exported.file.read_text(encoding="ascii").splitlines()[1:4]
    for text in (*texts, *armour):
        assert text not in exported.output
    for instance_id, host in estate.nodes().items():
        searched, *hits = estate.run_on(
            instance_id, ["python3", "-c", SEARCH], text="\n".join([*texts, *armour])
        ).splitlines()
        assert int(searched) > 1000
        assert hits == []
        journal = host.run("journalctl --namespace=+chainlink --no-pager --output=json").stdout
        assert [text for text in texts if text in journal] == []
    logs, group = estate.client("logs"), f"/{estate.name}/node"
    streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    for stream in streams:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=10000)["events"]
        said = "\n".join(event["message"] for event in events)
        assert [text for text in texts if text in said] == []
        # The throw-away node is none of the estate's, and its log is nobody's.
        assert "nodeops_escrow_" not in said


def test_everything_that_is_wrong_is_said_at_once(estate: Estate, exported: Run) -> None:
    before = exported.file.read_bytes()
    wrong = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q"
    output = fail(estate, "escrow", estate_escrow_recipient=wrong, estate_escrow_file=str(exported.file))
    assert "estate_escrow_recipient does not fit its own checksum" in output
    assert "exists, and no export is ever overwritten" in output
    assert all(counts["changed"] == 0 for counts in recap(output.replace(" i-", "\ni-")).values())
    assert exported.file.read_bytes() == before
    assert left_overs(estate) == []


def test_without_a_recipient(estate: Estate) -> None:
    assert "estate_escrow_recipient is missing; write the public key" in fail(estate, "escrow")


def test_check_mode_says_what_would_be(estate: Estate, identity: Identity, keys: set[tuple[str, str]]) -> None:
    file = identity.file.parent / "checked.age"
    variables: dict[str, Any] = {"estate_escrow_recipient": identity.recipient, "estate_escrow_file": str(file)}
    answer = estate.playbook("playbooks/escrow.yml", "--check", "--diff", **variables)
    assert answer.returncode == 0, answer.stdout[-4000:]
    assert f"would be {file}" in re.sub(r"\s+", " ", answer.stdout)
    for kind, key in keys:
        assert f"{kind} {key}" in answer.stdout
    assert all(counts["changed"] == 0 for counts in recap(answer.stdout).values()), answer.stdout
    assert not file.exists()
    assert left_overs(estate) == []


@pytest.fixture
def killed(estate: Estate, identity: Identity) -> str:
    """Kill an export, the playbook and its module, while the throw-away node is there; return the active host."""
    active, _standby = active_and_standby(estate)
    host = estate.host(active)
    file = str(identity.file.parent / "killed.age")
    running = estate.start_playbook(
        "playbooks/escrow.yml", estate_escrow_recipient=identity.recipient, estate_escrow_file=file
    )
    try:
        deadline = time.monotonic() + 300
        while "chainlink-escrow" not in host.run("docker container ls --format '{{.Names}}'").stdout:
            assert running.poll() is None, "the playbook ended before there was a throw-away node"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (holder,) = host.check_output(HOLDERS).split()
        host.check_output("kill -KILL %s", holder)
    finally:
        running.kill()
        running.communicate()
    assert not Path(file).exists()
    return active


def test_a_killed_run_can_be_repeated(
    estate: Estate, identity: Identity, killed: str, keys: set[tuple[str, str]]
) -> None:
    # What ran the module may have seen it end, and have cleaned up before it was killed itself.
    left = left_overs(estate)
    print(f"left by the killed run: {left}")
    file = identity.file.parent / "repeated.age"
    output = succeed(estate, "escrow", estate_escrow_recipient=identity.recipient, estate_escrow_file=str(file))
    assert bool(left) == ("An export that was interrupted had left" in re.sub(r"\s+", " ", output))
    document = identity.decrypt(file)
    assert {(key["kind"], key["id"]) for key in [*document["keys"], *document["not_exported"]]} == keys
    assert left_overs(estate) == []


@pytest.fixture
def kms_key(estate: Estate) -> Iterator[str]:
    """A KMS key outside the estate; the operator may encrypt with it, and with one that does not exist."""
    kms, iam = estate.client("kms"), estate.client("iam")
    arn = str(kms.create_key(Description="of the escrow's test")["KeyMetadata"]["Arn"])
    policy = (TOP / "docs/operator-policy/escrow/escrow.json").read_text(encoding="utf-8")
    for name, resource in (("escrow", arn), ("escrow-nobody", nobody(arn))):
        document = policy.replace("<escrow-key>", resource)
        iam.put_user_policy(UserName="operator", PolicyName=name, PolicyDocument=document)
    yield arn
    for name in ("escrow", "escrow-nobody"):
        iam.delete_user_policy(UserName="operator", PolicyName=name)
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)


def nobody(arn: str) -> str:
    """Return the ARN of a KMS key beside another one that does not exist."""
    return f"{arn.rpartition('/')[0]}/00000000-0000-4000-8000-000000000000"


def test_an_export_that_a_kms_key_opens(
    estate: Estate, tmp_path: Path, keys: set[tuple[str, str]], kms_key: str
) -> None:
    file, identity = tmp_path / "escrow.kms.json", tmp_path / "recipient.key"
    output = succeed(estate, "escrow", estate_escrow_recipient=kms_key, estate_escrow_file=str(file))
    assert f"Only {kms_key} can decrypt it" in re.sub(r"\s+", " ", output)
    document = json.loads(file.read_text(encoding="ascii"))
    assert (document["kms_key"], "AGE-SECRET-KEY" in output) == (kms_key, False)
    opened = estate.client("kms").decrypt(CiphertextBlob=base64.b64decode(document["identity"]))
    identity.write_bytes(opened["Plaintext"])
    (tmp_path / "escrow.age").write_text(document["age"], encoding="ascii")
    inside = Identity(identity, kms_key).decrypt(tmp_path / "escrow.age")
    assert {(key["kind"], key["id"]) for key in [*inside["keys"], *inside["not_exported"]]} == keys
    assert left_overs(estate) == []


def test_a_kms_key_that_does_not_exist(estate: Estate, kms_key: str) -> None:
    wrong = nobody(kms_key)
    output = fail(estate, "escrow", estate_escrow_recipient=wrong, estate_escrow_file="/nowhere/escrow.json")
    assert f"estate_escrow_recipient {wrong} cannot encrypt" in output
    assert "/nowhere is no directory" in output


@pytest.mark.parametrize("release", ["1.12.0", "1.13.3", "2.9.0"])
def test_older_releases(estate: Estate, identity: Identity, release: str) -> None:
    deploy_anew(estate, release)
    assert None not in ask(estate, *[("POST", f"/v2/keys/{path}") for path in ("p2p", "ocr", "ocr2/evm", "vrf")])
    file = identity.file.parent / f"{release}.age"
    with HealthClient(estate) as client:
        succeed(estate, "escrow", estate_escrow_recipient=identity.recipient, estate_escrow_file=str(file))
    document = identity.decrypt(file)
    assert {(key["kind"], key["id"]) for key in document["keys"]} == keys_of(estate)
    assert (document["release"]["tag"], document["not_exported"]) == (release, [])
    assert client.outages == []
    assert left_overs(estate) == []
