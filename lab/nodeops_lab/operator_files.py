# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator of the region has: credentials, a key pair and an inventory."""

from __future__ import annotations

import secrets

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from .errors import LabError
from .ethereum import endpoint_urls
from .files import write_atomically
from .node_images import NODE_RELEASES, NODE_REPOSITORY
from .settings import CHECKOUT, LabSettings

KEY_FILE = "operator_ed25519"
CREDENTIALS_FILE = "credentials"
SEPOLIA = 11155111
"""Chain id of the network that the estate is for."""
EXTRA_CONFIG = """\
[AuditLogger]
Headers = ['X-Audit-Key: {key}']

[[EVM]]
ChainID = '11155111'
FinalityDepth = 20
"""
"""What the operator adds to the node's configuration: a setting of the chain, and a key of a service."""
INVENTORY_TEMPLATE = CHECKOUT / "inventory" / "aws_ec2.yml"


def check_inventory_template() -> None:
    """Refuse to make a lab whose operator would have no inventory."""
    if not INVENTORY_TEMPLATE.exists():
        raise LabError(f"The inventory {INVENTORY_TEMPLATE.relative_to(CHECKOUT)} that a lab copies is missing.")


def write_operator_files(settings: LabSettings) -> None:
    """Write env, credentials, key pair and inventory into the lab's state directory."""
    state = settings.state_directory
    operator = (settings.operator_access_key_id, settings.operator_secret_access_key)
    write_atomically(state / "env", environment(settings, *operator), mode=0o600)
    administrator = (settings.administrator_access_key_id, settings.administrator_secret_access_key)
    write_atomically(state / "administrator.env", environment(settings, *administrator), mode=0o600)
    write_atomically(state / CREDENTIALS_FILE, credentials(default=operator, administrator=administrator), mode=0o600)
    private, public = key_pair(settings.name)
    write_atomically(state / KEY_FILE, private, mode=0o600)
    write_atomically(state / f"{KEY_FILE}.pub", public)
    variables = state / "inventory" / "group_vars"
    variables.mkdir(parents=True)
    (state / "inventory" / INVENTORY_TEMPLATE.name).write_text(
        operator_inventory(INVENTORY_TEMPLATE.read_text(encoding="utf-8"), settings), encoding="utf-8"
    )
    text = yaml.safe_dump(operator_variables(settings), sort_keys=False, explicit_start=True)
    write_atomically(variables / "all.yml", text, mode=0o600)


def credentials(**profiles: tuple[str, str]) -> str:
    """Return access keys by profile in the format of AWS's shared credentials file."""
    return "\n".join(
        f"[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        for name, (key_id, secret) in profiles.items()
    )


def environment(settings: LabSettings, access_key_id: str, secret_access_key: str) -> str:
    """Return the shell lines that point any AWS client at the lab."""
    return "\n".join(
        [
            f"export AWS_ENDPOINT_URL={settings.api_url}",
            f"export AWS_ACCESS_KEY_ID={access_key_id}",
            f"export AWS_SECRET_ACCESS_KEY={secret_access_key}",
            f"export AWS_REGION={settings.region}",
            f"export AWS_DEFAULT_REGION={settings.region}",
            "unset AWS_PROFILE AWS_SESSION_TOKEN",
            "",
        ]
    )


def key_pair(comment: str) -> tuple[str, str]:
    """Return a new (private, public) SSH key pair in OpenSSH's format."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} {comment}\n"


def operator_inventory(template: str, settings: LabSettings) -> str:
    """Return the inventory with the two values that its comments ask an operator to set."""
    edited = template
    for marked, value in {
        "  - us-east-1  # estate_region": f"  - {settings.region}  # estate_region",
        "tag:nodeops:estate: my-estate": f"tag:nodeops:estate: {settings.name}",
    }.items():
        if marked not in edited:
            path = INVENTORY_TEMPLATE.relative_to(CHECKOUT)
            raise LabError(f"The inventory {path} has no line with '{marked.strip()}'.")
        edited = edited.replace(marked, value)
    return edited


def operator_variables(settings: LabSettings) -> dict[str, object]:
    """Return the variables that an operator sets. Passwords are none of them: the roles generate those.

    The RPC addresses are the lab's own endpoint, each with an access key as a provider gives one: long, random and
    unique, so that a search for a leaked secret can look for it.
    """
    ws_url, _ = endpoint_urls(SEPOLIA, f"canary-{secrets.token_hex(16)}")
    _, http_url = endpoint_urls(SEPOLIA, f"canary-{secrets.token_hex(16)}")
    state = settings.state_directory
    return {
        "estate_name": settings.name,
        "estate_region": settings.region,
        "estate_admin_cidrs": ["198.51.100.0/24"],
        "estate_ssh_public_key_file": str(state / f"{KEY_FILE}.pub"),
        "estate_ssh_private_key_file": str(state / KEY_FILE),
        "estate_ssh_directory": str(state / "ssh"),
        "estate_network_cidr": settings.vpc_cidr,
        "chainlink_release": {
            "registry": "public.ecr.aws",
            "repository": NODE_REPOSITORY,
            "tag": NODE_RELEASES[-1],
        },
        "chainlink_chains": [
            {
                "network": "Ethereum-Sepolia",
                "rpc": [
                    {
                        "name": "primary",
                        "ws_url": ws_url,
                        "http_url": http_url,
                        "send_only": False,
                    }
                ],
            }
        ],
        "chainlink_extra_config": EXTRA_CONFIG.format(key=f"canary-{secrets.token_hex(16)}"),
        "chainlink_api_email": "operator@nodeops.test",
        "estate_ssh_user": "admin",
        "ansible_user": "{{ estate_ssh_user }}",
        "ansible_ssh_common_args": "-F {{ estate_ssh_directory | quote }}/ssh_config",
    }
