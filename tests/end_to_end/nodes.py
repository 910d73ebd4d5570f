# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests ask of a node host."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from support import Estate


def health(estate: Estate, instance_id: str) -> dict[str, Any]:
    """Return what chainlink_health says of a host."""
    output = estate.ansible(instance_id, "nodeops.chainlink.chainlink_health", "", "--become")
    answer, _end = json.JSONDecoder().raw_decode(output[output.index("{") :])
    assert "role" in answer, output
    return answer


def active_and_standby(estate: Estate) -> tuple[str, str]:
    roles = {health(estate, instance_id)["role"]: instance_id for instance_id in estate.nodes()}
    assert set(roles) == {"active", "standby"}, roles
    return roles["active"], roles["standby"]


def wait_for_role(estate: Estate, instance_id: str, role: str, timeout: float) -> float:
    """Wait until the host has the role and return how many seconds that took."""
    began = time.monotonic()
    while True:
        try:
            seen = health(estate, instance_id)["role"]
        except (AssertionError, ValueError) as error:  # the host may be rebooting
            seen = str(error)[:200]
        if seen == role:
            return time.monotonic() - began
        assert time.monotonic() - began < timeout, f"{instance_id} is still {seen} after {timeout} s, not {role}"
        time.sleep(1)


def wait_for_replacement(estate: Estate, gone: str, kept: str, timeout: float = 300) -> str:
    """Wait until an instance that Auto Scaling launched stands by in the place of another; return its id.

    Nothing is done to it: its host keys are read from its console, and it is asked what it is.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = {instance["InstanceId"] for instance in estate.instances("node")} - {gone, kept}
        if found:
            break
        assert time.monotonic() < deadline, f"nothing has taken the place of {gone}"
        time.sleep(1)
    (new,) = found
    answer = estate.playbook("playbooks/connect.yml")
    assert answer.returncode == 0, answer.stdout[-4000:]
    wait_for_role(estate, new, "standby", timeout=deadline - time.monotonic())
    return new


# Asks a node for its health ten times a second, from its own host, and prints for each change of the answer the
# moment (seconds since 1970) and the status code (000: the port is closed).
WATCH_HEALTH = """
end=$(( $(date +%s) + {seconds} )); last=none
while [ $(date +%s) -lt $end ]; do
  code=$(curl --silent --output /dev/null --max-time 1 --write-out '%{{http_code}}' http://127.0.0.1:6688/health)
  if [ "$code" != "$last" ]; then echo "$(date +%s.%N) $code"; last=$code; fi
  case $code in 200|207) exit 0;; esac
  sleep 0.1
done
"""


def wait_until_served(estate: Estate, instance_id: str, seconds: int) -> float:
    """Wait on the host until its node serves /health; return that moment in seconds since 1970."""
    answer = estate.host(instance_id).run(WATCH_HEALTH.format(seconds=seconds))
    moments = [line.split() for line in answer.stdout.splitlines()]
    assert moments, answer.stderr
    assert moments[-1][1] in ("200", "207"), f"{instance_id} did not serve within {seconds} s: {moments}"
    return float(moments[-1][0])


# Reads the connection from standard input. The application's user owns the database, and so its schemas (2.x has more
# than one).
EMPTY_DATABASE = """
import json, sys, psycopg2
connection = psycopg2.connect(**json.load(sys.stdin))
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP SCHEMA "{name}" CASCADE')
    cursor.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
"""


def database_settings(estate: Estate) -> dict[str, Any]:
    """Return how the application's user connects to the database that the record names."""
    secret = estate.client("secretsmanager").get_secret_value(SecretId=f"{estate.name}/database")
    user = json.loads(secret["SecretString"])
    database = estate.record["database"]
    return {
        "host": database["host"],
        "port": database["port"],
        "dbname": database["name"],
        "user": user["username"],
        "password": user["password"],
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ssl/certs/rds-global-bundle.pem",
    }


# Reads {"settings": ..., "statements": [...]} from standard input and prints the rows of the last statement.
SQL = """
import json, sys, psycopg2
orders = json.load(sys.stdin)
connection = psycopg2.connect(**orders["settings"])
with connection, connection.cursor() as cursor:
    for statement in orders["statements"]:
        cursor.execute(statement)
    print(json.dumps(cursor.fetchall() if cursor.description else []))
"""


def sql(estate: Estate, *statements: str) -> list[list[Any]]:
    orders = {"settings": database_settings(estate), "statements": statements}
    text = estate.run_on(next(iter(estate.nodes())), ["python3", "-c", SQL], text=json.dumps(orders))
    return list(json.loads(text))


def empty_database(estate: Estate) -> None:
    """Stop the nodes and give them a database as on the first day."""
    for host in estate.nodes().values():
        host.check_output("systemctl stop chainlink.service")
    settings = json.dumps(database_settings(estate))
    estate.run_on(next(iter(estate.nodes())), ["python3", "-c", EMPTY_DATABASE], text=settings)


# Reads the connection and what to run from standard input.
RUN_STATEMENT = """
import json, sys, psycopg2
given = json.load(sys.stdin)
connection = psycopg2.connect(**given["connection"])
with connection, connection.cursor() as cursor:
    cursor.execute(given["statement"])
"""


def run_statement(estate: Estate, statement: str) -> None:
    """Run an SQL statement as the node's own user, which owns the database."""
    given = json.dumps({"connection": database_settings(estate), "statement": statement})
    estate.run_on(next(iter(estate.nodes())), ["python3", "-c", RUN_STATEMENT], text=given)


def starts(estate: Estate) -> dict[str, str]:
    """Return when the unit of each node was started last."""
    show = "systemctl show --property=ActiveEnterTimestampMonotonic --value chainlink.service"
    return {instance_id: host.check_output(show) for instance_id, host in estate.nodes().items()}


def seconds_to_start(estate: Estate, instance_id: str) -> float:
    """Return how long the node took from getting the lease to serving, by the moments in its own log.

    The first line after the last one that says it waits for the lease is the first thing that it does with it.
    """
    output = estate.host(instance_id).check_output("journalctl --namespace=chainlink --no-pager --output=cat")
    leased = serving = None
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        entry = json.loads(line)
        moment = datetime.fromisoformat(entry["ts"]).timestamp()
        if "waiting for lease" in entry["msg"]:
            leased = serving = None
        elif leased is None:
            leased = moment
        if "Listening and serving HTTP" in entry["msg"]:
            serving = moment
    assert leased is not None, output
    assert serving is not None, output
    return serving - leased
