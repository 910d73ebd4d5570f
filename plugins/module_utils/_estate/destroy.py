# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether an estate may be destroyed, what of it is kept, and why.

A node's keys lie in the database, encrypted with the password in the secret <estate>/keystore; both lie under the
estate's key in KMS. So a snapshot is worth something only together with that secret and that key: all three are kept,
or none, and none only when the operator gives the keys up by name.

Pure: what stands in AWS comes in as an argument, see holdings.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

#: States of a cluster of which a snapshot can be made, at once or after a while.
_SOUND = ("available", "backing-up", "creating", "maintenance", "modifying", "upgrading")
_GONE = "deleting"


@dataclass(frozen=True)
class Cluster:
    """A database cluster. tag: its tag nodeops:estate, empty where it has none."""

    name: str
    status: str
    tag: str


@dataclass(frozen=True)
class Snapshot:
    """A cluster snapshot. kind: manual or awsbackup. gib: what it was allocated, 0 where AWS does not tell."""

    name: str
    cluster: str
    kind: str = "manual"
    status: str = "available"
    gib: int = 0


@dataclass(frozen=True)
class Secret:
    """A secret. going: its deletion is scheduled; AWS does not tell reliably for which day."""

    name: str
    going: bool = False


@dataclass(frozen=True)
class Key:
    """The estate's key in KMS. state: as KMS names it. lost: the day of its deletion, YYYY-MM-DD, or empty."""

    id: str
    state: str = "Enabled"
    lost: str = ""


@dataclass(frozen=True)
class Group:
    """A log group and the bytes that it stores."""

    name: str
    stored: int = 0


@dataclass(frozen=True)
class Vault:
    """The vault of AWS Backup, the role with which its backups were made, and how many it holds."""

    name: str
    role: str
    arn: str = ""
    backups: int = 0


@dataclass(frozen=True)
class Found:
    """What stands of an estate.

    tagged: ids in EC2 that bear the estate's tag, by the kind of resource. services: names of what serves, watches and
    backs up the estate, by the kind, but for the vault. protected: instances that cannot be
    terminated. strangers: instances in the estate's network that do not belong to it. images: ids of machine images.
    """

    estate: str
    clusters: Sequence[Cluster] = ()
    snapshots: Sequence[Snapshot] = ()
    secrets: Sequence[Secret] = ()
    key: Key | None = None
    log_groups: Sequence[Group] = ()
    images: Sequence[str] = ()
    protected: Sequence[str] = ()
    strangers: Sequence[str] = ()
    groups: Sequence[str] = ()
    roles: Sequence[str] = ()
    parameters: Sequence[str] = ()
    services: dict[str, list[str]] = field(default_factory=dict)
    vault: Vault | None = None
    tagged: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """What the operator says. confirm and give_up_keys: the estate's name, typed; empty for no."""

    confirm: str = ""
    lift_deletion_protection: bool = False
    give_up_keys: str = ""
    keep_logs: bool = False


@dataclass(frozen=True)
class Kept:
    """Something that stays. what: secret, key, snapshot, image, log group, backup vault or role.

    until: when AWS deletes it by itself, or empty. remove: how to remove it, as a command, or empty.
    """

    what: str
    name: str
    why: str
    until: str = ""
    gib: float | None = None
    remove: str = ""


def is_of(estate: str, cluster: str) -> bool:
    """Whether a cluster has a name that this estate gives: the first, or one that a restore has made."""
    return re.fullmatch(rf"{re.escape(estate)}-database(-[0-9]+)?", cluster) is not None


def gives_up(found: Found, wish: Wish) -> bool:
    return wish.give_up_keys == found.estate


def keeps_keystore(found: Found, wish: Wish) -> bool:
    """Whether the keystore's password stays: as long as there is, or will be, data that it opens."""
    return not gives_up(found, wish) and bool(found.clusters or found.snapshots)


def keeps_key(found: Found, wish: Wish) -> bool:
    """Whether the estate's key stays: as long as something that stays is encrypted with it."""
    logs = wish.keep_logs and bool(found.log_groups)
    return keeps_keystore(found, wish) or (not gives_up(found, wish) and (bool(found.images) or logs))


def refusals(found: Found, wish: Wish) -> list[str]:
    """Everything that speaks against destroying the estate, each with what to do."""
    problems = []
    if wish.confirm != found.estate:
        problems.append(
            f"estate_destroy_confirm is {wish.confirm!r}; write the name of the estate to destroy it: {found.estate}"
        )
    if wish.give_up_keys not in ("", found.estate):
        problems.append(
            f"estate_destroy_give_up_keys is {wish.give_up_keys!r}; leave it out, or write {found.estate} to lose the "
            "nodes' keys for ever"
        )
    if found.clusters and not wish.lift_deletion_protection:
        names = ", ".join(cluster.name for cluster in found.clusters)
        problems.append(
            f"{names} cannot be deleted while protected; set estate_destroy_lift_deletion_protection=true to lift it"
        )
    for cluster in found.clusters:
        problems += _refusals_of_cluster(found, cluster, wish)
    if found.clusters and not gives_up(found, wish):
        problems += _refusals_of_keys(found)
    problems += [
        f"instance {instance} is protected against termination; lift that first" for instance in found.protected
    ]
    problems += [
        f"instance {instance} is in the estate's network and does not belong to the estate; move or terminate it first"
        for instance in found.strangers
    ]
    return problems


def _refusals_of_cluster(found: Found, cluster: Cluster, wish: Wish) -> list[str]:
    if cluster.tag != found.estate:
        bears = f"the tag nodeops:estate={cluster.tag}" if cluster.tag else "no tag nodeops:estate"
        return [
            f"cluster {cluster.name} has a name of this estate and bears {bears}; rename it, or tag it with "
            f"{found.estate} if it is to be removed too"
        ]
    if gives_up(found, wish) or cluster.status in (*_SOUND, _GONE):
        return []
    return [
        f"cluster {cluster.name} is {cluster.status}, so no final snapshot can be made of it; make it available, or "
        f"give up the nodes' keys in it with estate_destroy_give_up_keys={found.estate}"
    ]


def _refusals_of_keys(found: Found) -> list[str]:
    """A snapshot that nothing will open is none. Whether the keys can be read is known before anything changes."""
    problems = []
    name = f"{found.estate}/keystore"
    otherwise = f"or give up the nodes' keys with estate_destroy_give_up_keys={found.estate}"
    keystore = next((secret for secret in found.secrets if secret.name == name), None)
    if keystore is None:
        problems.append(f"secret {name}, without which nobody can use the keys in the database, is gone; {otherwise}")
    elif keystore.going:
        problems.append(
            f"secret {name}, without which nobody can use the keys in the database, is scheduled for deletion; "
            f"restore it (aws secretsmanager restore-secret --secret-id {name}), {otherwise}"
        )
    if found.key is None:
        problems.append(f"the estate's key alias/{found.estate} is gone, so no snapshot can be read; {otherwise}")
    elif found.key.state != "Enabled":
        problems.append(
            f"the estate's key {found.key.id} is {found.key.state}, so no snapshot can be made or read; enable it "
            f"(aws kms cancel-key-deletion, enable-key), {otherwise}"
        )
    return problems


def holdings(found: Found, wish: Wish) -> list[str]:
    """What stands of the estate and is to go, in words, one line for each kind; empty where there is nothing left."""
    keystore = f"{found.estate}/keystore" if keeps_keystore(found, wish) else ""
    key = None if keeps_key(found, wish) else found.key
    vault = _kept_vault(found)
    lines = {
        "Auto Scaling groups": list(found.groups),
        "database clusters": [cluster.name for cluster in found.clusters],
        "log groups": [] if wish.keep_logs else [group.name for group in found.log_groups],
        "secrets": [secret.name for secret in found.secrets if not secret.going and secret.name != keystore],
        "roles and instance profiles": [role for role in found.roles if vault is None or role != vault.role],
        "parameters": list(found.parameters),
        "keys": [key.id] if key and key.state != "PendingDeletion" else [],
        "backup vaults": [found.vault.name] if found.vault and vault is None else [],
    }
    lines |= dict(sorted(found.services.items()))
    # Images that other operations made are kept and told elsewhere.
    lines |= {kind: ids for kind, ids in sorted(found.tagged.items()) if kind != "image"}
    return [f"{kind}: {', '.join(sorted(names))}" for kind, names in lines.items() if names]


def kept(found: Found, wish: Wish) -> list[Kept]:
    """What stays once the estate has been removed, and why."""
    again = (
        f"destroy.yml again with estate_destroy_confirm={found.estate} and estate_destroy_give_up_keys={found.estate}"
    )
    lost = found.key.lost if found.key else ""
    key_gone = f"cannot be read after {lost}, when its key is lost" if lost else ""
    stays = [
        Kept(
            "snapshot",
            snapshot.name,
            key_gone or f"the data of cluster {snapshot.cluster}; restore.yml goes back to it",
            gib=float(snapshot.gib) or None,
            remove=again
            if snapshot.kind == "manual"
            else f"aws backup delete-recovery-point, of the backup vault that holds {snapshot.name}",
        )
        for snapshot in found.snapshots
    ]
    stays += _kept_backups(found)
    stays += [
        Kept("image", image, key_gone or "made by an operation", remove=f"aws ec2 deregister-image --image-id {image}")
        for image in found.images
    ]
    if wish.keep_logs:
        stays += [
            Kept(
                "log group",
                group.name,
                key_gone or "estate_destroy_keep_logs",
                gib=group.stored / 2**30,
                remove=f"aws logs delete-log-group --log-group-name {group.name}",
            )
            for group in found.log_groups
        ]
    stays += [_kept_secret(secret, again) for secret in found.secrets]
    if found.key is not None:
        why = "a key cannot be deleted at once" if lost else "without it the snapshots cannot be read"
        until = f"the end of its window, {lost}" if lost else ""
        stays.append(Kept("key", found.key.id, why, until=until, remove="" if lost else again))
    return stays


def _kept_vault(found: Found) -> Vault | None:
    """The vault, where it stays: whoever destroys an estate may still want the backups in it."""
    return found.vault if found.vault and found.vault.backups else None


def _kept_backups(found: Found) -> list[Kept]:
    """The vault that holds backups, and the role with which AWS Backup deletes them when they expire.

    Where that role is gone they stay, and cost (AWS Backup developer guide, "Deleting backups").
    """
    vault = _kept_vault(found)
    if vault is None:
        return []
    backups = "1 backup" if vault.backups == 1 else f"{vault.backups} backups"
    stays = [
        Kept(
            "backup vault",
            vault.name,
            f"holds {backups}, each until it expires",
            remove=f"aws backup delete-backup-vault --backup-vault-name {vault.name}, once they have expired or you "
            "have deleted them",
        )
    ]
    if vault.role in found.roles:
        partition = vault.arn.split(":")[1] if vault.arn else "aws"
        stays.append(
            Kept(
                "role",
                vault.role,
                f"with it AWS Backup deletes what expires in {vault.name}; without it these backups stay, and cost",
                remove=f"once {vault.name} is gone, aws iam detach-role-policy --role-name {vault.role} --policy-arn "
                f"arn:{partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup && "
                f"aws iam delete-role --role-name {vault.role}",
            )
        )
    return stays


def _kept_secret(secret: Secret, again: str) -> Kept:
    if secret.going:
        return Kept("secret", secret.name, "can be had back until then", until="the end of its recovery window")
    return Kept("secret", secret.name, "without it nobody can use the keys in the snapshots", remove=again)
