# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs, certificates, images' names and the operator's files."""

from __future__ import annotations

import configparser
import threading
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from nodeops_lab.certificates import Authority, certified_names, endpoint_names
from nodeops_lab.errors import LabError
from nodeops_lab.files import write_atomically
from nodeops_lab.images import content_hash
from nodeops_lab.operator_files import (
    INVENTORY_TEMPLATE,
    credentials,
    environment,
    key_pair,
    operator_inventory,
    operator_variables,
)
from nodeops_lab.reconciler import work as work_module
from nodeops_lab.reconciler.work import Work
from nodeops_lab.settings import LabSettings
from nodeops_lab.table import table


def fail() -> None:
    raise ValueError("no room")


def test_a_failure_is_kept_until_the_job_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "PAUSE_AFTER_FAILURE", 0.0)
    work = Work(1)
    assert not work.attempt("host i-1", fail)
    assert work.errors == {"host i-1": "ValueError: no room"}
    assert work.attempt("host i-1", lambda: None)
    assert work.errors == {}


def test_a_failed_job_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "PAUSE_AFTER_FAILURE", 60.0)
    work = Work(1)
    work.attempt("host i-1", fail)
    assert not work.submit("host i-1", lambda: None)
    assert work.submit("host i-2", lambda: None)
    work.close()


def test_one_job_per_resource_at_a_time() -> None:
    work, release = Work(2), threading.Event()

    def wait() -> None:
        assert release.wait(10)

    assert work.submit("host i-1", wait)
    assert not work.submit("host i-1", fail)
    assert work.busy == {"host i-1"}
    release.set()
    work.close()
    assert (work.busy, work.errors) == (set(), {})


def test_errors_of_what_is_no_more_are_dropped() -> None:
    work = Work(1)
    work.attempt("host i-1", fail)
    work.attempt("host i-2", fail)
    work.keep({"host i-2"})
    assert set(work.errors) == {"host i-2"}


def test_certificates_name_their_servers_and_are_signed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.create("nodeops lab demo")
    certificate, key = authority.issue(endpoint_names("eu-west-1"))
    (tmp_path / "certificate.pem").write_text(certificate)
    assert "BEGIN PRIVATE KEY" in key
    assert {"public.ecr.aws", "*.eu-west-1.amazonaws.com"} <= set(certified_names(tmp_path / "certificate.pem"))
    issued = x509.load_pem_x509_certificate(certificate.encode())
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem.encode()))
    assert isinstance(issued.public_key(), ec.EllipticCurvePublicKey)
    assert (tmp_path / "ca-key.pem").stat().st_mode & 0o777 == 0o600


def test_no_certificate_certifies_nothing(tmp_path: Path) -> None:
    assert certified_names(tmp_path / "certificate.pem") == []


def test_files_are_written_only_if_they_change(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert write_atomically(path, "one", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_ino
    assert not write_atomically(path, "one", mode=0o600)
    assert path.stat().st_ino == before
    assert write_atomically(path, "two", mode=0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_an_images_name_follows_its_content(tmp_path: Path) -> None:
    recipe, script = tmp_path / "Dockerfile", tmp_path / "script"
    recipe.write_text("FROM base")
    script.write_text("echo")
    first = content_hash(tmp_path, "BASE_IMAGE=a")
    assert content_hash(tmp_path, "BASE_IMAGE=a") == first
    assert content_hash(tmp_path, "BASE_IMAGE=b") != first
    script.chmod(0o755)
    executable = content_hash(tmp_path, "BASE_IMAGE=a")
    assert executable != first
    script.write_text("echo 2")
    assert content_hash(tmp_path, "BASE_IMAGE=a") != executable


def test_operator_variables_hold_no_password_and_unique_addresses() -> None:
    settings = LabSettings(name="demo2", vpc_cidr="10.60.0.0/16")
    first, second = operator_variables(settings), operator_variables(settings)
    assert [name for name in first if "password" in name] == []
    assert (first["estate_name"], first["estate_network_cidr"]) == ("demo2", "10.60.0.0/16")
    assert first["chainlink_release"] == {
        "registry": "public.ecr.aws",
        "repository": "chainlink/chainlink",
        "tag": "2.46.0",
    }
    assert first["chainlink_chains"] != second["chainlink_chains"]
    assert first["chainlink_extra_config"] != second["chainlink_extra_config"]


def test_the_inventory_asks_for_this_labs_estate() -> None:
    edited = operator_inventory(INVENTORY_TEMPLATE.read_text(), LabSettings(name="demo2", region="eu-west-1"))
    content = yaml.safe_load(edited)
    assert content["regions"] == ["eu-west-1"]
    assert content["filters"]["tag:nodeops:estate"] == "demo2"


def test_an_inventory_without_the_marked_lines_is_refused() -> None:
    with pytest.raises(LabError) as caught:
        operator_inventory("plugin: amazon.aws.aws_ec2\n", LabSettings())
    assert str(caught.value) == ("The inventory inventory/aws_ec2.yml has no line with '- us-east-1  # estate_region'.")


def test_environment_points_at_the_lab_only() -> None:
    settings = LabSettings(api_port=5600)
    assert environment(settings, "AKIALAB", "s").splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:5600",
        "export AWS_ACCESS_KEY_ID=AKIALAB",
        "export AWS_SECRET_ACCESS_KEY=s",
        "export AWS_REGION=us-east-1",
        "export AWS_DEFAULT_REGION=us-east-1",
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ]


def test_key_pairs_differ_and_are_openssh() -> None:
    (private, public), (other, _) = key_pair("demo"), key_pair("demo")
    assert private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert public.startswith("ssh-ed25519 ")
    assert public.endswith(" demo\n")
    assert private != other


def test_table_aligns_and_shows_what_is_missing() -> None:
    assert table(["name", "s"], [["bastion", 1.5], [None, ""]]) == ["name     s", "bastion  1.5", "-        -"]


def test_jobs_run_beside_each_other() -> None:
    work, both = Work(2), threading.Barrier(2)

    def meet() -> None:
        both.wait(timeout=10)

    work.submit("a", meet)
    work.submit("b", meet)
    work.close()
    assert work.errors == {}


def test_credentials_are_a_file_of_profiles() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(credentials(default=("AKIALAB1", "one"), administrator=("AKIALAB2", "two")))
    assert {name: dict(parser[name]) for name in ("default", "administrator")} == {
        "default": {"aws_access_key_id": "AKIALAB1", "aws_secret_access_key": "one"},
        "administrator": {"aws_access_key_id": "AKIALAB2", "aws_secret_access_key": "two"},
    }
