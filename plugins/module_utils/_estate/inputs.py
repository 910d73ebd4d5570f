# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks every input of an operator before anything changes, and names every problem at once.

Pure: what has to be looked at (the key files) comes in as an argument. Messages name the variable and what to do,
and never repeat a secret value.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._aws.record import ESTATE_NAME
from .._node import address, checks, networks, settings
from .._release import image, version
from . import choices, database, entrances, extra_config, instance_type, monitoring
from .key_file import KeyFile

#: Node and operating system together (docs.chain.link, resources/requirements: 2 cores and 4 GB at least).
LEAST_MEMORY_GIB = 4
LEAST_CPUS = 2
#: Docker Engine's own bridge on every node host.
DOCKER_NETWORK = ipaddress.IPv4Network("172.17.0.0/16")
#: RFC 1918.
PRIVATE_NETWORKS = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))

_NAME_FORM = "must be 2 to 20 small letters, digits and single hyphens, a letter first and no hyphen last"
#: What everything of an estate would be named with, and AWS keeps for its own ids and load balancers.
_TAKEN_NAMES = {"sg": "security group", "internal": "load balancer"}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]")
_ENGINE_VERSION = re.compile(r"([0-9]{1,2})\.[0-9]{1,2}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PARAMETER = re.compile(r"/?[A-Za-z0-9._/-]+")
_DATABASE_CLASS = re.compile(r"db\.(serverless|[a-z0-9-]+\.[a-z0-9]+)")
_PLACEHOLDER = re.compile(r"change[\s_-]?me|placeholder|replace[\s_-]?me|your[_-]|<[^>]*>|xxxx", re.IGNORECASE)
# RFC 2606: names that can never be anybody's.
_PLACEHOLDER_HOST = re.compile(r"(^|[./@])example(\.(com|net|org))?(?=$|[:/?#])", re.IGNORECASE)
#: Log retentions in days, as amazon.aws.cloudwatchlogs_log_group takes them. CloudWatch Logs knows more, but the module
#: deletes the log group when it is given one of those.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653)

_CHAIN_KEYS = {"network", "chain_id", "link_contract_address", "rpc"}

#: How many characters the chains may have in the estate's record: of the 4096 of a standard parameter of SSM, the rest
#: of the record takes up to 1200, and the notes of an image, an upgrade and a restore that are under way 1100.
CHAINS_LENGTH = 1796

Problem = tuple[str, str]


@dataclass(frozen=True)
class NormalisedChain:
    """A chain as the estate record names it."""

    network: str
    chain_id: str
    link_contract_address: str | None


@dataclass(frozen=True)
class Outcome:
    """Every problem as (variable, message), and the chains, complete only where there is no problem."""

    problems: list[Problem]
    chains: list[NormalisedChain]


def check(
    inputs: Mapping[str, Any], look: Callable[[str], KeyFile], find: Callable[[str], str | None] = lambda _: None
) -> Outcome:
    """Check the operator's inputs; an input that is None is taken as not given.

    look tells what a key file is like (key_file.look), find where a program is (shutil.which).
    """
    problems: list[Problem] = []
    for variable, judge in _CHECKS.items():
        problems.extend((variable, message) for message in judge(inputs.get(variable)))
    problems.extend(_networks_together(inputs))
    problems.extend(choices.problems(inputs, find))
    problems.extend(entrances.problems(inputs, _network))
    problems.extend(_key_files(inputs, look))
    problems.extend(_passwords(inputs))
    problems.extend(database.problems(inputs))
    problems.extend(monitoring.problems(inputs))
    chains, found = _chains(inputs)
    # Which chains there are is known only where nothing is wrong with them.
    chain_ids = None if found else [chain.chain_id for chain in chains]
    generation = _generation(inputs.get("chainlink_release"))
    problems.extend(extra_config.problems(inputs.get(extra_config.VARIABLE), chain_ids, generation))
    return Outcome(problems + found, chains)


# --- single values -------------------------------------------------------------------------------------------------


def _estate_name(value: Any) -> list[str]:
    if value is None or value == "":
        return ["is required; name the estate, for example oracle"]
    if not isinstance(value, str) or not ESTATE_NAME.fullmatch(value):
        return [_NAME_FORM]
    for word, what in _TAKEN_NAMES.items():
        if value == word or value.startswith(f"{word}-"):
            return [f"{value!r} cannot be used: AWS takes no {what} whose name begins with {word}-; choose another"]
    return []


def _region(value: Any) -> list[str]:
    if value is None or value == "":
        return ["is required; name the AWS region, for example eu-central-1"]
    if not isinstance(value, str) or not _REGION.fullmatch(value):
        return [f"{value!r} is not the name of an AWS region; write one such as eu-central-1"]
    return []


def _admin_cidrs(value: Any) -> list[str]:
    if not value:
        return ["is required; name the networks that may reach the bastion, for example 198.51.100.7/32"]
    if not isinstance(value, list):
        return ["must be a list of networks such as 198.51.100.7/32"]
    return [message for item in value for message in _admin_cidr(item)]


def _admin_cidr(value: Any) -> list[str]:
    try:
        network = _network(value)
    except ValueError as error:
        return [str(error)]
    if network.version != 4:
        return [f"{value} is an IPv6 network, and the bastion has an IPv4 address; name IPv4 networks"]
    if network.prefixlen == 0:
        return [f"{value} opens the bastion to the whole internet; name the networks of your administrators"]
    return []


def _network_cidr(value: Any) -> list[str]:
    if value is None:
        return []
    try:
        network = _network(value)
    except ValueError as error:
        return [str(error)]
    if not isinstance(network, ipaddress.IPv4Network):
        return [f"{value} is not an IPv4 network; write one such as 10.42.0.0/16"]
    # AWS takes /16 to /28; two public and two private subnets of useful size need more than a /24.
    if not 16 <= network.prefixlen <= 24:
        return [f"{value} must be between /16 and /24"]
    if not any(network.subnet_of(private) for private in PRIVATE_NETWORKS):
        return [f"{value} is not a private network; choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"]
    if network.overlaps(DOCKER_NETWORK):
        return [f"{value} overlaps {DOCKER_NETWORK}, which Docker uses on every node; choose another"]
    return []


def _network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network of a CIDR text; raises ValueError with a message for the operator."""
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"{value!r} is not a network; write address/prefix, for example 198.51.100.7/32")
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        pass
    try:
        fitting = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is not a network; write address/prefix, for example 198.51.100.7/32") from None
    raise ValueError(f"{value} has bits beyond its prefix; write {fitting}, or /{fitting.max_prefixlen} for one host")


def _nodes_instance_type(value: Any) -> list[str]:
    if value is None:
        return []
    kind = instance_type.parse(value) if isinstance(value, str) else None
    if kind is None:
        return [f"{value!r} is not an instance type; write one such as m6i.large"]
    found = _architecture(value, kind)
    if kind.burstable:
        found.append(f"{value} is burstable, and a node whose CPU credits run out stops answering; choose m6i.large")
    if kind.memory_gib is not None and kind.memory_gib < LEAST_MEMORY_GIB:
        found.append(
            f"{value} has {kind.memory_gib:g} GiB of memory and a node needs {LEAST_MEMORY_GIB}; choose m6i.large"
        )
    if kind.cpus is not None and kind.cpus < LEAST_CPUS:
        found.append(f"{value} has {kind.cpus} vCPU and a node needs {LEAST_CPUS}; choose m6i.large")
    return found


def _bastion_instance_type(value: Any) -> list[str]:
    if value is None:
        return []
    kind = instance_type.parse(value) if isinstance(value, str) else None
    if kind is None:
        return [f"{value!r} is not an instance type; write one such as t3.micro"]
    return _architecture(value, kind)


def _architecture(value: str, kind: instance_type.InstanceType) -> list[str]:
    return [f"{value} is ARM, and the images are for x86-64; choose a type without g, such as m6i"] if kind.arm else []


def _database_engine_version(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, float):
        return [f'{value} must stand in quotes, or YAML drops closing zeros; write "16.8"']
    match = _ENGINE_VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return [f'{value!r} is not an Aurora PostgreSQL version; write one such as "16.8"']
    if int(match.group(1)) not in database.MAJORS:
        return [f"{value} does not fit: the node runs on PostgreSQL {database.MAJORS[0]} to {database.MAJORS[-1]}"]
    return []


def _pattern(pattern: re.Pattern[str], what: str, example: str) -> Callable[[Any], list[str]]:
    def judge(value: Any) -> list[str]:
        if value is None or (isinstance(value, str) and pattern.fullmatch(value)):
            return []
        return [f"{value!r} is not {what}; write one such as {example}"]

    return judge


def _number(least: int, most: int, unit: str) -> Callable[[Any], list[str]]:
    def judge(value: Any) -> list[str]:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
            return []
        return [f"{value!r} must be a number of {unit} from {least} to {most}"]

    return judge


def _retention_days(value: Any) -> list[str]:
    if value is None or value in RETENTION_DAYS:
        return []
    return [f"{value!r} is not a retention that log groups are made with; write one such as 30, 90 or 365"]


def _release(value: Any) -> list[str]:
    if value is None:
        return ["is required; name registry, repository and tag"]
    return [f"{key}: {message}" if key else message for key, message in image.problems(value)]


def _api_email(value: Any) -> list[str]:
    if value is None or value == "":
        return ["is required; write the e-mail address with which you sign in to the node"]
    found = checks.email(value)
    if not found and _is_placeholder(value):
        found = ["is a placeholder; write your own e-mail address"]
    return found


_CHECKS: dict[str, Callable[[Any], list[str]]] = {
    "estate_name": _estate_name,
    "estate_region": _region,
    "estate_admin_cidrs": _admin_cidrs,
    "estate_ssh_user": _pattern(_USER, "the name of a user", "admin"),
    "estate_network_cidr": _network_cidr,
    "estate_network_flow_logs_retention_days": _retention_days,
    "estate_bastion_instance_type": _bastion_instance_type,
    "estate_nodes_instance_type": _nodes_instance_type,
    # 8 GiB hold a Debian image with Docker Engine and one image of the node; gp3 volumes end at 16 TiB.
    "estate_nodes_volume_gib": _number(8, 16384, "GiB"),
    "estate_nodes_image_parameter": _pattern(
        _PARAMETER, "the name of an SSM parameter", "/aws/service/debian/release/12/latest/amd64"
    ),
    "estate_database_engine_version": _database_engine_version,
    "estate_database_instance_class": _pattern(_DATABASE_CLASS, "the class of a database instance", "db.r6g.large"),
    "estate_database_backup_retention_days": _number(1, 35, "days"),
    "estate_observability_log_retention_days": _retention_days,
    "chainlink_release": _release,
    "chainlink_api_email": _api_email,
}


# --- values that belong together ------------------------------------------------------------------------------------


def _networks_together(inputs: Mapping[str, Any]) -> list[Problem]:
    """Subnets must lie inside the estate's network, two of each kind, without overlap."""
    try:
        outer = _network(inputs.get("estate_network_cidr"))
    except ValueError:
        outer = None
    problems: list[Problem] = []
    taken: list[tuple[str, Any]] = []
    for variable in ("estate_network_public_cidrs", "estate_network_private_cidrs"):
        value = inputs.get(variable)
        if value is None:
            continue
        if not isinstance(value, list) or len(value) != 2:
            problems.append((variable, "must be a list of two networks, one for each availability zone"))
            continue
        for item in value:
            problems.extend((variable, message) for message in _subnet(item, outer, taken))
    return problems


def _subnet(value: Any, outer: Any, taken: list[tuple[str, Any]]) -> list[str]:
    try:
        network = _network(value)
    except ValueError as error:
        return [str(error)]
    found = []
    if network.version != 4 or not 16 <= network.prefixlen <= 28:
        return [f"{value} must be an IPv4 network between /16 and /28"]
    if outer is not None and outer.version == 4 and not network.subnet_of(outer):
        found.append(f"{value} is not inside estate_network_cidr {outer}")
    found += [f"{value} overlaps {other}" for other, other_network in taken if network.overlaps(other_network)]
    taken.append((value, network))
    return found


def _key_files(inputs: Mapping[str, Any], look: Callable[[str], KeyFile]) -> list[Problem]:
    problems: list[Problem] = []
    right: dict[str, KeyFile] = {}
    for variable, kind, judge in (
        ("estate_ssh_public_key_file", "public", _public_key),
        ("estate_ssh_private_key_file", "private", _private_key),
    ):
        path = inputs.get(variable)
        if not path or not isinstance(path, str):
            problems.append((variable, f"is required; name the file of your {kind} SSH key on this machine"))
            continue
        seen = look(path)
        messages = [f"{path} cannot be read: {seen.error}"] if seen.error else judge(path, seen)
        problems.extend((variable, message) for message in messages)
        if not messages and seen.public:
            right[path] = seen
    if len({seen.public for seen in right.values()}) > 1:
        public, private = right
        message = f"{private} is not the private half of {public}; name the files of one pair"
        problems.append(("estate_ssh_private_key_file", message))
    return problems


def _public_key(path: str, seen: KeyFile) -> list[str]:
    kind = seen.first_line.partition(" ")[0]
    if "PRIVATE KEY" in seen.first_line:
        return [f"{path} is a private key; name the file with .pub"]
    if kind not in ("ssh-ed25519", "ssh-rsa"):
        return [f"{path} is not a public key that EC2 takes; it takes ssh-ed25519 and ssh-rsa"]
    return []


def _private_key(path: str, seen: KeyFile) -> list[str]:
    if "PRIVATE KEY-----" not in seen.first_line:
        return [f"{path} is not a private SSH key"]
    if seen.mode & 0o077:
        return [f"{path} can be read by others, and ssh refuses it; chmod 0600 it"]
    return []


def _passwords(inputs: Mapping[str, Any]) -> list[Problem]:
    """The optional secrets; one that is not given is generated."""
    email = inputs.get("chainlink_api_email")
    limits: dict[str, dict[str, Any]] = {
        "chainlink_api_password": {
            "maximum_bytes": checks.API_PASSWORD_MAXIMUM_BYTES,
            "disallowed": [email] if isinstance(email, str) else [],
        },
        "chainlink_keystore_password": {},
        "chainlink_database_password": {},
    }
    problems: list[Problem] = []
    for variable, limit in limits.items():
        value = inputs.get(variable)
        if value is None:
            continue
        messages = checks.password(value, **limit)
        if isinstance(value, str) and (_is_placeholder(value) or "example" in value.lower()):
            messages.append("is a placeholder; choose a password of your own, or leave it out to have one generated")
        problems.extend((variable, message) for message in messages)
    return problems


def _is_placeholder(value: str) -> bool:
    return bool(_PLACEHOLDER.search(value) or _PLACEHOLDER_HOST.search(value))


# --- chains ---------------------------------------------------------------------------------------------------------


def _chains(inputs: Mapping[str, Any]) -> tuple[list[NormalisedChain], list[Problem]]:
    variable = "chainlink_chains"
    value = inputs.get(variable)
    if not value or not isinstance(value, list):
        return [], [(variable, "is required; list at least one network with its rpc endpoints")]
    generation = _generation(inputs.get("chainlink_release"))
    problems: list[Problem] = []
    chains: list[NormalisedChain] = []
    endpoints: list[settings.RpcEndpoint] = []
    for number, item in enumerate(value):
        if not isinstance(item, Mapping):
            problems.append((variable, f"[{number}] must be a mapping of network and rpc"))
            continue
        chain, messages = identity(item)
        subject = str(item.get("network") or f"[{number}]")
        if chain is not None:
            if any(chain.chain_id == other.chain_id for other in chains):
                messages.append(f"is chain {chain.chain_id}, which stands here more than once; name each chain once")
            chains.append(chain)
        chain_endpoints, found = _endpoints(item.get("rpc"), generation)
        endpoints += chain_endpoints
        problems.extend((variable, f"{subject}: {message}") for message in messages + found)
    shared = settings.duplicates(endpoints)
    problems.extend((variable, message.partition(": ")[2]) for message in shared)
    length = len(json.dumps([asdict(chain) for chain in chains]))
    if length > CHAINS_LENGTH:
        problems.append(
            (
                variable,
                f"the {len(chains)} chains take {length} characters of the estate's record, which has room for "
                f"{CHAINS_LENGTH}; keep fewer chains, or deploy another estate for some of them",
            )
        )
    return chains, problems


def _generation(release: Any) -> str:
    """The release's generation; 2.x, which asks for more, where the release itself is not usable."""
    try:
        return image.parse(release).generation
    except version.ReleaseError:
        return version.TOML


def public_texts(chains: Any) -> set[str]:
    """What of an operator's chains is no secret: names, ids, contracts and numbers.

    Ansible masks each value of such an option wherever it is part of another text: a number that stayed among them
    would take its digits out of every chain id.
    """
    found: set[str] = set()
    for chain in chains if isinstance(chains, list) else []:
        if isinstance(chain, dict):
            found |= _texts(chain, ("network", "chain_id", "link_contract_address"))
            endpoints = chain.get("rpc")
            for endpoint in endpoints if isinstance(endpoints, list) else []:
                if isinstance(endpoint, dict):
                    found |= _texts(endpoint, ("name", "order"))
    return found


def _texts(item: Mapping[str, Any], keys: Iterable[str]) -> set[str]:
    """Values as Ansible's masks have them; 0 is one, too."""
    return {str(item[key]) for key in keys if isinstance(item.get(key), (str, int, float)) and item[key] != ""}


def identity(item: Mapping[str, Any]) -> tuple[NormalisedChain | None, list[str]]:
    """The chain that an item names, by the table of networks or by its own chain id, and what is wrong with it."""
    name, chain_id, link = item.get("network"), item.get("chain_id"), item.get("link_contract_address")
    if not isinstance(name, str) or not name.strip():
        return None, ["has no network; name one such as Ethereum-Sepolia"]
    chain_id = None if chain_id in (None, "") else str(chain_id)
    link = link or None
    messages = []
    unknown = sorted(set(map(str, item)) - _CHAIN_KEYS)
    if unknown:
        messages.append(f"{', '.join(unknown)} is no key of a chain; known are {', '.join(sorted(_CHAIN_KEYS))}")
    if chain_id is not None:
        messages += [f"chain_id {message}" for message in checks.chain_id(chain_id)]
    if link is not None:
        messages += [f"link_contract_address {message}" for message in checks.link_contract_address(link)]
    try:
        network = networks.by_name(name) or (None if chain_id is None else networks.by_chain_id(chain_id))
    except networks.NetworkError as error:
        return None, [*messages, str(error)]
    if network is None:
        if chain_id is None:
            return None, [*messages, _unknown(name)]
        link = None if messages or link is None else address.checksummed(link)
        return (None if messages else NormalisedChain(name, chain_id, link)), messages
    if chain_id not in (None, network.chain_id):
        messages.append(f"{network.name} has chain id {network.chain_id}, not {chain_id}; correct it or leave it out")
    if link is not None and link.lower() != network.link_contract_address.lower():
        messages.append(
            f"the LINK token contract of {network.name} is {network.link_contract_address}; correct it or leave it out"
        )
    return NormalisedChain(network.name, network.chain_id, network.link_contract_address), messages


def _unknown(name: str) -> str:
    close = networks.suggestions(name)
    hint = f"did you mean {' or '.join(close)}? Else give" if close else "give"
    return f"is a network that this collection does not know; {hint} its chain_id and link_contract_address"


def _endpoints(value: Any, generation: str) -> tuple[list[settings.RpcEndpoint], list[str]]:
    if not isinstance(value, list) or not value:
        return [], ["has no RPC endpoint; give it at least one under rpc"]
    endpoints, messages = [], []
    for number, item in enumerate(value):
        endpoint, found = settings.endpoint_of(item, number, generation)
        for kind, url in (("ws_url", endpoint.ws_url), ("http_url", endpoint.http_url)):
            if isinstance(url, str) and _is_placeholder(url):
                found.append(f"rpc endpoint {endpoint.name}: {kind} is a placeholder; write the URL of your provider")
        endpoints.append(endpoint)
        messages += found
    if all(endpoint.send_only for endpoint in endpoints):
        messages.append("has send-only endpoints alone; give at least one that reads too")
    return endpoints, messages
