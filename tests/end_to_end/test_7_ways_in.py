# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in from outside: opened on an estate that runs, by HTTPS to the UI and by P2P to the node; used; closed."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import Any

import pytest
from nodes import active_and_standby, health
from operations import by_tag, succeed
from playbook_output import recap
from support import Estate

pytestmark = pytest.mark.long


def ways_in(estate: Estate) -> dict[str, Any]:
    """Return what an operator writes who has a domain."""
    return {
        "estate_ui_domain": f"chainlink.{estate.name}.test",
        "estate_ui_zone": f"{estate.name}.test",
        "estate_p2p_enabled": True,
        # Whoever signs certificates here is no public authority.
        "estate_proof_ca_file": str(estate.directory / "ca.pem"),
    }


@pytest.fixture(scope="module", autouse=True)
def opened(estate: Estate) -> None:
    """Open them on an estate that runs without."""
    estate.client("route53").create_hosted_zone(Name=f"{estate.name}.test", CallerReference="ways-in")
    site(estate, **ways_in(estate))


def site(estate: Estate, **variables: Any) -> str:
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate), **variables)
    assert answer.returncode == 0, answer.stdout[-6000:]
    return answer.stdout


def test_a_second_run_changes_nothing(estate: Estate) -> None:
    output = site(estate, **ways_in(estate))
    assert {counts["changed"] for counts in recap(output).values()} == {0}
    assert f"User interface: https://chainlink.{estate.name}.test" in output


def addresses(estate: Estate) -> list[str]:
    """Return the public addresses of the user interface's load balancer."""
    (balancer,) = estate.client("elbv2").describe_load_balancers(Names=[f"{estate.name}-ui"])["LoadBalancers"]
    description = "ELB " + balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]
    interfaces = estate.client("ec2").describe_network_interfaces(
        Filters=[{"Name": "description", "Values": [description]}]
    )["NetworkInterfaces"]
    return sorted(interface["Association"]["PublicIp"] for interface in interfaces)


def curl(estate: Estate, path: str, *options: str, scheme: str = "https", address: str = "") -> tuple[int, str]:
    """Ask as a browser that resolves the name would; return status, and headers and body."""
    command = ["curl", "-sS", "-i", "--max-time", "20", "--cacert", str(estate.directory / "ca.pem")]
    command += ["--connect-to", f"::{address or addresses(estate)[0]}:", *options]
    answer = subprocess.run(
        [*command, f"{scheme}://chainlink.{estate.name}.test{path}"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[1]), answer.stdout


def target_health(estate: Estate, name: str) -> dict[str, str]:
    """Return the states of a target group's targets."""
    elb = estate.client("elbv2")
    (group,) = elb.describe_target_groups(Names=[f"{estate.name}-{name}"])["TargetGroups"]
    described = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    return {item["Target"]["Id"]: item["TargetHealth"]["State"] for item in described}


def test_the_ui_answers_by_https_on_every_address(estate: Estate) -> None:
    found = addresses(estate)
    assert len(found) == 2
    assert [curl(estate, "/", address=address)[0] for address in found] == [200, 200]


def test_somebody_can_sign_in_and_stays_so_by_https_alone(estate: Estate) -> None:
    secret = estate.client("secretsmanager").get_secret_value(SecretId=f"{estate.name}/api")["SecretString"]
    credentials = json.loads(secret)
    origin = f"https://chainlink.{estate.name}.test"
    body = json.dumps({"email": credentials["email"], "password": credentials["password"]})
    status, text = _sign_in(estate, origin, body)
    assert status == 200
    assert "; Secure" in next(line for line in text.splitlines() if line.lower().startswith("set-cookie"))
    allowed = [line for line in text.splitlines() if line.lower().startswith("access-control-allow-origin")]
    assert [line.partition(": ")[2] for line in allowed] == [origin]


def _sign_in(estate: Estate, origin: str, body: str) -> tuple[int, str]:
    """POST /sessions with the body on standard input, since arguments can be read by every process."""
    command = ["curl", "-sS", "-i", "--max-time", "20", "--cacert", str(estate.directory / "ca.pem")]
    command += ["--connect-to", f"::{addresses(estate)[0]}:", "-H", f"Origin: {origin}"]
    command += ["-H", "Content-Type: application/json", "--data-binary", "@-", f"{origin}/sessions"]
    answer = subprocess.run(command, input=body, capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[1]), answer.stdout


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/debug/pprof/", "/v2/debug/vars", "/discovery", "/plugins/median/metrics", "/health", "/readyz?full"],
)
def test_what_is_not_for_users_is_refused(estate: Estate, path: str) -> None:
    assert curl(estate, path)[0] == 403


def test_plain_http_leads_to_https(estate: Estate) -> None:
    status, text = curl(estate, "/jobs?page=2", scheme="http")
    assert status == 301
    assert f"ocation: https://chainlink.{estate.name}.test:443/jobs?page=2" in text


def test_tls_before_1_2_is_refused(estate: Estate) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        curl(estate, "/", "--tls-max", "1.1")


def test_other_nodes_reach_the_active_one_on_each_elastic_address(estate: Estate) -> None:
    announced = estate.record["p2p"]["announce"]
    assert len(announced) == 2
    for announcement in announced:
        host, _, port = announcement.partition(":")
        socket.create_connection((host, int(port)), timeout=10).close()
    for host in estate.nodes().values():
        config = host.check_output("cat /run/chainlink/config.toml")
        assert "AnnounceAddresses = [" + ", ".join(f'"{item}"' for item in announced) + "]" in config


def test_everything_goes_to_the_active_node_and_follows_it(estate: Estate) -> None:
    """failover.yml ends in the proof, which waits for the load balancers."""
    before, standby = active_and_standby(estate)
    assert {state for group in ("ui", "p2p") for state in [target_health(estate, group)[before]]} == {"healthy"}
    succeed(estate, "failover", **ways_in(estate))
    active, _standby = active_and_standby(estate)
    assert active == standby
    expected: dict[str, Any] = {active: "healthy", before: "unhealthy"}
    assert [target_health(estate, group) for group in ("ui", "p2p")] == [expected, expected]
    assert curl(estate, "/")[0] == 200


def test_they_are_closed_again(estate: Estate) -> None:
    balancers = estate.client("elbv2")
    assert len(balancers.describe_load_balancers()["LoadBalancers"]) == 2
    protection = {"estate_ui_deletion_protection": False, "estate_p2p_deletion_protection": False}
    site(estate, **protection)
    assert balancers.describe_load_balancers()["LoadBalancers"] == []
    assert estate.record["p2p"] is None
    assert estate.record["ui"]["url"] is None
    for instance_id, host in estate.nodes().items():
        assert "AnnounceAddresses" not in host.check_output("cat /run/chainlink/config.toml")
        assert health(estate, instance_id)["role"] in ("active", "standby")
