# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defects of the Quick Start that concern the estate: each by its number, with a test that would find it again.

docs/quick-start-defects.md lists all of them with the tests that pin them, here and elsewhere.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError
from deployments import Deployed, Deployment
from readers import READERS, Look, listed
from region import TOP, Region
from variants import BY_NAME

usual = pytest.mark.variant("usual")
both = pytest.mark.parametrize("variant", ["usual", "chosen"])
ANYWHERE = ("0.0.0.0/0", "::/0")
ON_EVERYTHING = {"TurnOnDevOpsGuru"}
"""Statements about what has no permissions for single resources."""


def aws(deployment: Deployment) -> Look:
    """Return a look at a deployment."""
    return Look(deployment.estate.region, deployment.estate.name)


def secret_values(deployment: Deployment) -> dict[str, str]:
    """Return everything in the estate's secrets that nobody may read elsewhere, by a name that may be shown."""
    manager = deployment.estate.region.client("secretsmanager")
    found = {}
    for name in READERS["secret"](aws(deployment)):
        text = manager.get_secret_value(SecretId=name)["SecretString"]
        # Whatever is long and no plain word: passwords, and the RPC addresses with their access keys.
        for number, value in enumerate(re.findall(r"canary-\w+|[A-Za-z0-9]{24,}", text)):
            found[f"{name}#{number}"] = value
    assert len(found) >= 6
    return found


@usual
def test_d8_no_secret_stands_where_aws_shows_it(deployment: Deployment) -> None:
    look, region = aws(deployment), deployment.estate.region
    ec2, ssm = region.client("ec2"), region.client("ssm")
    shown: dict[str, str] = {}
    for item in look.all("ec2", "describe_launch_templates", "LaunchTemplates"):
        versions = ec2.describe_launch_template_versions(LaunchTemplateId=item["LaunchTemplateId"])
        shown[f"launch template {item['LaunchTemplateName']}"] = json.dumps(versions, default=str)
    for reservation in look.all("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            answer = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
            data = base64.b64decode(answer["UserData"].get("Value", "")).decode()
            shown[instance["InstanceId"]] = json.dumps(instance, default=str) + data
    for item in look.all("ssm", "describe_parameters", "Parameters"):
        history = ssm.get_parameter_history(Name=item["Name"], WithDecryption=True)
        shown[f"parameter {item['Name']}"] = json.dumps(history, default=str)
    for stack in look.all("cloudformation", "describe_stacks", "Stacks"):
        template = region.client("cloudformation").get_template(StackName=stack["StackName"])
        shown[f"stack {stack['StackName']}"] = json.dumps([stack, template], default=str)
    for operation, key in (("describe_db_clusters", "DBClusters"), ("describe_db_instances", "DBInstances")):
        shown[key] = json.dumps(look.all("rds", operation, key), default=str)
    shown["the playbook's output"] = deployment.run.output
    leaks = [
        f"{name} in {place}"
        for name, value in secret_values(deployment).items()
        for place, text in shown.items()
        if value in text
    ]
    assert leaks == []


@both
def test_d10_the_database_takes_no_connection_without_tls(deployed: Deployed, variant: str) -> None:
    look = aws(deployed(variant))
    cluster = READERS["database_cluster"](look)[f"{variant}-database"]
    group = READERS["database_cluster_parameter_group"](look)[cluster.properties["parameter_group"]]
    assert group.properties["parameters"]["rds.force_ssl"] == "1"


# What runs when nothing is chosen differently is asserted in test_1_variants.py; here, that nothing else can be.
TEST_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("d13 engine too old for the node", {"estate_database_engine_version": "13.18"}, "estate_database_engine_version"),
    ("d13 engine too new for the node", {"estate_database_engine_version": "18.1"}, "estate_database_engine_version"),
    ("d14 host with too little memory", {"estate_nodes_instance_type": "c6i.medium"}, "estate_nodes_instance_type"),
    ("d14 burstable host", {"estate_nodes_instance_type": "t3.large"}, "estate_nodes_instance_type"),
    ("d21 everybody on the bastion", {"estate_admin_cidrs": ["0.0.0.0/0"]}, "estate_admin_cidrs"),
    ("d21 nobody named for the bastion", {"estate_admin_cidrs": []}, "estate_admin_cidrs"),
]


def test_d13_d14_d21_choices_that_cannot_work_are_refused_together(region: Region) -> None:
    for index in (0, 1):
        # Two values of one variable cannot be tried at once.
        chosen = {key: value for _, values, _ in TEST_REFUSED[index::2] for key, value in values.items()}
        name = f"refused-{index}"
        run = region.estate(name, **chosen).provision()
        assert run.code != 0
        assert run.changed == []
        for what, _, variable in TEST_REFUSED[index::2]:
            assert variable in run.output, what
        for kind, read in READERS.items():
            assert read(Look(region, name)) == {}, kind


class AnotherChain(BaseHTTPRequestHandler):
    """A provider of RPC whose every URL is one of chain 1."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}')

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: pytest would show it."""


def test_d12_an_endpoint_of_another_chain_is_refused(region: Region) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), AnotherChain) as provider:
        threading.Thread(target=provider.serve_forever, args=(0.1,), daemon=True).start()
        key = "canary-of-the-wrong-chain"
        url = f"127.0.0.1:{provider.server_address[1]}/{key}"
        rpc = [{"name": "primary", "ws_url": f"ws://{url}/socket", "http_url": f"http://{url}"}]
        run = region.estate(
            "wrong-chain",
            chainlink_chains=[{"network": "Ethereum-Sepolia", "rpc": rpc}],
            estate_account_expected="999999999999",
        ).provision()
        provider.shutdown()
    assert run.code != 0
    assert run.changed == []
    words = re.sub(r"\s+", " ", run.output)
    assert (
        "chainlink_chains: Ethereum-Sepolia: rpc endpoint primary: http_url is one of chain 1, not of 11155111" in words
    )
    # Together with what AWS says.
    assert "estate_account_expected: " in words
    assert key not in run.output
    for kind, read in READERS.items():
        assert read(Look(region, "wrong-chain")) == {}, kind


def test_credentials_that_are_not_accepted_are_told_in_a_sentence(region: Region) -> None:
    estate = region.estate("another-key")
    key = "AKIACANARYCANARY0000"
    estate.environment["AWS_ACCESS_KEY_ID"] = key
    run = estate.provision(estate_operation_name="site")
    assert run.code != 0
    assert run.changed == []
    words = re.sub(r"\s+", " ", run.output)
    assert "AWS does not accept the credentials (InvalidClientTokenId): " in words
    assert "Nothing has been changed." in words
    assert key not in run.output


def test_options_that_mean_nothing_are_refused_together(region: Region) -> None:
    wrong: dict[str, Any] = {
        "estate_admin_cidr": ["198.51.100.0/24"],
        "estate_bastion_count": "none",
        "estate_proof_log_timeout": "long",
        "host_hardening_shell_timeout": "never",
        "host_patch_scope": "everything",
    }
    run = region.estate("misspelt", **wrong).provision(estate_operation_name="site")
    assert run.code != 0
    assert run.changed == []
    words = re.sub(r"\s+", " ", run.output)
    assert "5 problems, nothing has been changed:" in words
    assert "estate_admin_cidr: is no option of this collection; estate_admin_cidrs is." in words
    assert [name for name in wrong if f"{name}: " not in words] == []


def test_what_aws_says_is_refused_together_and_without_the_lock(region: Region) -> None:
    arn = f"arn:aws:acm:{region.name}:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    run = region.estate(
        "refused-by-aws",
        estate_account_expected="999999999999",
        estate_database_instance_class="db.r3.large",
        estate_ui_certificate_arn=arn,
        estate_ui_zone="nobodys.test",
        estate_ui_domain="oracle.nobodys.test",
    ).provision(estate_operation_name="site")
    assert run.code != 0
    assert run.changed == []
    words = re.sub(r"\s+", " ", run.output)
    assert "4 problems, nothing has been changed:" in words
    for variable, message in (
        ("estate_account_expected", "is 999999999999"),
        ("estate_database_instance_class", "db.r3.large cannot be ordered"),
        ("estate_ui_certificate_arn", "does not exist in this account and region"),
        ("estate_ui_zone", "nobodys.test is not a public hosted zone"),
    ):
        assert f"{variable}: {message}" in words
    look = Look(region, "refused-by-aws")
    for kind, read in READERS.items():
        assert read(look) == {}, kind
    parameters = [item["Name"] for item in look.all("ssm", "describe_parameters", "Parameters")]
    assert [name for name in parameters if name.startswith("/nodeops/refused-by-aws/")] == []


@usual
def test_what_never_changes_is_refused_together_and_before_anything_does(deployment: Deployment) -> None:
    estate = deployment.estate
    release = estate.variables["chainlink_release"]
    run = estate.provision(
        estate_operation_name="site",
        estate_network_cidr="10.99.0.0/16",
        estate_database_engine_version="14.99",
        chainlink_release=release | {"tag": "2.99.0"},
    )
    assert run.code != 0
    assert run.changed == []
    words = re.sub(r"\s+", " ", run.output)
    assert "3 problems, nothing has been changed:" in words
    for variable, message in (
        ("estate_network_cidr", "is 10.99.0.0/16, and vpc-"),
        ("estate_database_engine_version", f"14.99 is not the version of cluster {estate.name}-database"),
        ("chainlink_release", f"estate {estate.name} runs release {release['tag']}, and the tag is 2.99.0"),
    ):
        assert f"{variable}: {message}" in words
    with pytest.raises(ClientError, match="ParameterNotFound"):
        estate.region.client("ssm").get_parameter(Name=f"/nodeops/{estate.name}/lock")


@both
def test_d15_no_role_may_everything_and_none_is_a_strangers(deployed: Deployed, variant: str) -> None:
    look = aws(deployed(variant))
    iam = look.client("iam")
    roles = READERS["role"](look)
    assert roles
    for role in roles:
        described = iam.get_role(RoleName=role)["Role"]
        for statement in described["AssumeRolePolicyDocument"]["Statement"]:
            stranger = "AWS" in statement["Principal"]
            named = "sts:ExternalId" in statement.get("Condition", {}).get("StringEquals", {})
            assert not stranger or named, f"{role} is lent to another account without an external id"
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert not [policy for policy in attached if policy["PolicyName"].startswith(("Administrator", "PowerUser"))]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                everywhere = "*" in listed(statement["Resource"])
                assert not everywhere or statement["Sid"] in ON_EVERYTHING, f"{role}: {statement['Sid']} on everything"
                assert not [action for action in listed(statement["Action"]) if action.endswith(("*", ":*"))]


@pytest.mark.variant("usual")
@pytest.mark.variant("chosen")
def test_d16_two_estates_of_a_region_share_no_name(deployed: Deployed) -> None:
    for kind, read in READERS.items():
        first, second = (read(aws(deployed(name))) for name in ("usual", "chosen"))
        if kind == "instance":
            continue  # these are read by role, and have ids
        assert not first.keys() & second.keys(), kind
        for name, found in (("usual", first), ("chosen", second)):
            assert [one for one in found if name not in one] == [], kind


@both
def test_d19_a_standby_whose_port_is_closed_is_not_replaced(deployed: Deployed, variant: str) -> None:
    group = READERS["group"](aws(deployed(variant)))[f"{variant}-node"]
    assert group.properties["health_check"] == "EC2"


@both
def test_d20_the_database_is_reached_by_the_nodes_group_and_no_address(deployed: Deployed, variant: str) -> None:
    deployment = deployed(variant)
    assert not deployment.expected["vpc"][f"{variant}-network"]["cidr"].startswith("10.0.")
    group = READERS["security_group"](aws(deployment))[f"{variant}-database"]
    port = deployment.expected["database_cluster"][f"{variant}-database"]["port"]
    assert group.properties["ingress"] == [f"tcp {port} group {variant}-node"]


@both
def test_d21_nothing_is_open_to_everybody(deployed: Deployed, variant: str) -> None:
    for name, group in READERS["security_group"](aws(deployed(variant))).items():
        assert not [rule for rule in group.properties["ingress"] if rule.endswith(ANYWHERE)], name


@both
def test_d23_nothing_is_fetched_and_run_at_boot(deployed: Deployed, variant: str) -> None:
    for name, template in READERS["launch_template"](aws(deployed(variant))).items():
        assert template.properties["user_data"] is None, name


@both
def test_d24_a_launch_template_with_an_image_that_stays(deployed: Deployed, variant: str) -> None:
    look = aws(deployed(variant))
    assert look.all("autoscaling", "describe_launch_configurations", "LaunchConfigurations") == []
    for name in READERS["launch_template"](look):
        versions = look.client("ec2").describe_launch_template_versions(LaunchTemplateName=name, Versions=["$Latest"])
        image = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]
        assert re.fullmatch(r"ami-[0-9a-f]+", image), "not a parameter, which names another image tomorrow"


@both
def test_d25_disks_are_encrypted_and_metadata_wants_a_token(deployed: Deployed, variant: str) -> None:
    look = aws(deployed(variant))
    volumes = look.ec2("describe_volumes", "Volumes", "VolumeId")
    assert len(volumes) == 3
    for _, _, volume in volumes:
        assert volume["Encrypted"]
        assert volume["VolumeType"] == "gp3"
        assert look.keys[volume["KmsKeyId"]] == f"alias/{variant}"
    for reservation in look.all("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            assert instance["MetadataOptions"]["HttpTokens"] == "required"
            assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 1


@usual
def test_d26_the_node_is_not_the_databases_master(deployment: Deployment) -> None:
    manager = deployment.estate.region.client("secretsmanager")

    def content(name: str) -> dict[str, str]:
        secret = manager.get_secret_value(SecretId=f"{deployment.estate.name}/{name}")
        return dict(json.loads(secret["SecretString"]))

    node, master = content("database"), content("database-master")
    assert node["username"] != master["username"]
    assert node["password"] != master["password"]
    cluster = READERS["database_cluster"](aws(deployment))[f"{deployment.estate.name}-database"]
    assert cluster.properties["master"] == master["username"]
    role = READERS["role"](aws(deployment))[f"{deployment.estate.name}-node-{deployment.estate.region.name}"]
    assert not [resource for resource in role.properties["may"] if "database-master" in resource]


@pytest.mark.variant("usual")
@pytest.mark.variant("chosen")
def test_d27_devops_guru_looks_at_the_estate_that_asked_and_at_nothing_else(deployed: Deployed) -> None:
    asked = aws(deployed("chosen"))
    assert READERS["devops_guru"](aws(deployed("usual"))) == {}
    assert list(READERS["devops_guru"](asked)) == ["chosen"]
    guru = asked.client("devops-guru")
    (tag,) = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")["ResourceCollection"]["Tags"]
    assert tag["TagValues"] == ["chosen"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        guru.get_resource_collection(ResourceCollectionType="AWS_CLOUD_FORMATION")
    databases = asked.all("rds", "describe_db_instances", "DBInstances")
    tagged = {one["DBInstanceIdentifier"] for one in databases if tag["AppBoundaryKey"] in map(key_of, one["TagList"])}
    assert tagged == {"chosen-database-1", "chosen-database-2"}


def key_of(tag: dict[str, str]) -> str:
    """Return a tag's key."""
    return tag["Key"]


@both
def test_d29_logs_are_kept_as_long_as_chosen_and_apart(deployed: Deployed, variant: str) -> None:
    chosen = BY_NAME[variant].variables.get("estate_observability_log_retention_days", 30)
    found = READERS["log_group"](aws(deployed(variant)))
    assert len(found) >= 2
    assert {group.properties["retention_days"] for group in found.values()} == {chosen}


@usual
def test_d3_d10_what_is_generated_means_nothing_to_a_shell_a_url_or_the_node(deployment: Deployment) -> None:
    manager = deployment.estate.region.client("secretsmanager")
    for name in ("api", "database", "database-master", "keystore"):
        text = manager.get_secret_value(SecretId=f"{deployment.estate.name}/{name}")["SecretString"]
        password = json.loads(text)["password"] if text.startswith("{") else text
        assert re.fullmatch(r"[A-Za-z0-9]{32}", password), name


@usual
def test_d35_the_database_cannot_be_deleted_by_mistake(deployment: Deployment) -> None:
    rds = deployment.estate.region.client("rds")
    cluster = f"{deployment.estate.name}-database"
    with pytest.raises(ClientError, match=r"[Dd]eletion [Pp]rotection"):
        rds.delete_db_cluster(DBClusterIdentifier=cluster, SkipFinalSnapshot=True)


@both
def test_d36_the_record_names_the_secrets_of_this_estate(deployed: Deployed, variant: str) -> None:
    look = aws(deployed(variant))
    parameter = look.client("ssm").get_parameter(Name=f"/nodeops/{variant}/record")["Parameter"]
    record = json.loads(parameter["Value"])
    names = {item["ARN"]: item["Name"] for item in look.all("secretsmanager", "list_secrets", "SecretList")}
    assert {key: names[arn] for key, arn in record["secrets"].items()} == {
        key: f"{variant}/{key}" for key in ("api", "database", "keystore", "rpc")
    }


def test_d37_what_is_tried_first_is_what_an_operator_gets_by_default() -> None:
    assert BY_NAME["usual"].variables == {}
    assert not BY_NAME["usual"].long


def test_d38_no_arn_names_a_partition() -> None:
    """`arn:aws:` would not be found in China or GovCloud. Examples may have it: account 123456789012 is nobody's."""
    places = [TOP / name for name in ("roles", "plugins", "playbooks", "inventory", "docs/operator-policy")]
    hits = [
        f"{path.relative_to(TOP)}:{number}: {line.strip()}"
        for place in places
        for path in place.rglob("*")
        if path.suffix in (".j2", ".json", ".md", ".py", ".yml")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "arn:aws:" in line and "123456789012" not in line
    ]
    assert hits == []
