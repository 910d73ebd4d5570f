# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package of the stand-in for AWS's agent, where AWS publishes the real one.

An image of Debian's has no agent: whoever wants one installs the package from one of these addresses
(https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html).
"""

from __future__ import annotations

import gzip
import io
import tarfile

from moto.s3.models import get_canned_acl, s3_backends

from ..settings import LAB_DIRECTORY

SOURCES = LAB_DIRECTORY / "packages" / "amazon-ssm-agent"
OWNER = "012345678901"
"""The account whose buckets hold the package: it is not the lab's."""
VERSION = "3.3.0.0+lab"
CONTROL = f"""\
Package: amazon-ssm-agent
Version: {VERSION}
Architecture: amd64
Maintainer: the nodeops.chainlink authors <nobody@example.org>
Depends: python3, python3-botocore
Section: admin
Priority: optional
Description: stand-in for the agent of AWS Systems Manager
 Runs the commands that the lab's Systems Manager has for this host.
"""
INSTALLED = {"amazon-ssm-agent": ("usr/bin", 0o755), "amazon-ssm-agent.service": ("lib/systemd/system", 0o644)}


def debian_package() -> bytes:
    """Return the package, the same for the same sources."""
    control = {"./control": (CONTROL.encode(), 0o644)}
    control |= {f"./{name}": ((SOURCES / name).read_bytes(), 0o755) for name in ("postinst", "prerm")}
    data = {
        f"./{directory}/{name}": ((SOURCES / name).read_bytes(), mode) for name, (directory, mode) in INSTALLED.items()
    }
    members = {"debian-binary": b"2.0\n", "control.tar.gz": _archive(control), "data.tar.gz": _archive(data)}
    package = io.BytesIO()
    package.write(b"!<arch>\n")
    for name, content in members.items():
        package.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
        package.write(content + (b"\n" if len(content) % 2 else b""))
    return package.getvalue()


def _archive(files: dict[str, tuple[bytes, int]]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        made: set[str] = set()
        for path, (content, mode) in files.items():
            parts = path.split("/")
            for depth in range(1, len(parts)):
                directory = "/".join(parts[:depth])
                if directory not in made:
                    made.add(directory)
                    entry = tarfile.TarInfo(f"{directory}/")
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    archive.addfile(entry)
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def publish(region: str) -> None:
    """Put the package where AWS has it, for anybody to read."""
    package = debian_package()
    places = {
        f"amazon-ssm-{region}": "latest/debian_amd64/amazon-ssm-agent.deb",
        "ec2-downloads-windows": "SSMAgent/latest/debian_amd64/amazon-ssm-agent.deb",
    }
    backend = s3_backends[OWNER]["aws"]
    for bucket, key in places.items():
        if bucket not in backend.buckets:
            backend.create_bucket(bucket, region)
        backend.put_object(bucket, key, package)
        backend.put_object_acl(bucket, key, get_canned_acl("public-read"))
