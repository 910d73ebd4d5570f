# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sample estate for the tests, as it lies in AWS: the record and the secrets."""

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import record as records
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.secrets import NodeSecrets
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import settings

#: Values that no output may ever show.
DATABASE_PASSWORD = "database-canary-p@ss/w#rd%41 +x"
KEYSTORE_PASSWORD = 'keystore-canary "quoted" \\ $HOME %s'
API_PASSWORD = "api-canary-0123456789"
RPC_KEY = "rpc-canary-key"
CANARIES = (DATABASE_PASSWORD, KEYSTORE_PASSWORD, API_PASSWORD, RPC_KEY)

RECORD: dict[str, Any] = {
    "version": 1,
    "estate": "oracle",
    "region": "eu-central-1",
    "release": {
        "registry": "public.ecr.aws",
        "repository": "chainlink/chainlink",
        "tag": "2.46.0",
        "digest": None,
    },
    "database": {
        "host": "oracle-database.cluster-abc.eu-central-1.rds.amazonaws.com",
        "port": 5432,
        "name": "chainlink",
        "reader_host": None,
    },
    "secrets": {
        name: f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:oracle/{name}-AbCdEf"
        for name in ("database", "keystore", "api", "rpc")
    },
    "chains": [{"network": "Ethereum-Sepolia", "chain_id": "11155111", "link_contract_address": None}],
    "log_group": "/oracle/node",
    "ui": {"url": None},
}
RPC: dict[str, Any] = {
    "11155111": [
        {
            "name": "primary",
            "ws_url": f"wss://rpc.test/v3?key={RPC_KEY}&tier=2",
            "http_url": f"https://rpc.test/v3?key={RPC_KEY}&tier=2",
            "send_only": False,
        }
    ]
}


def record_text(tag: str = "2.46.0", **changes: Any) -> str:
    """The JSON of the sample record with some of its keys replaced."""
    document = copy.deepcopy(RECORD)
    document["release"]["tag"] = tag
    document.update(changes)
    return json.dumps(document)


def secrets(
    keystore: str = KEYSTORE_PASSWORD,
    database: Any = None,
    api: Any = None,
    rpc: Any = None,
) -> NodeSecrets:
    """The sample secrets, some replaced; a string stands for itself, anything else becomes JSON."""

    def text(value: Any, default: Any) -> str:
        chosen = default if value is None else value
        return chosen if isinstance(chosen, str) else json.dumps(chosen)

    return NodeSecrets(
        database=text(database, {"username": "chainlink", "password": DATABASE_PASSWORD}),
        keystore=keystore,
        api=text(api, {"email": "operator@nodeops.test", "password": API_PASSWORD}),
        rpc=text(rpc, RPC),
    )


def node_settings(
    tag: str = "2.46.0", node_secrets: NodeSecrets | None = None, **changes: Any
) -> settings.NodeSettings:
    """The settings of the sample estate."""
    return settings.parse(records.parse(record_text(tag, **changes)), node_secrets or secrets())
