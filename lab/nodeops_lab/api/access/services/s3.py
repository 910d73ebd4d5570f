# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3, whose actions often bear other names than its operations, and whose buckets have policies.

Source: S3 user guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import unquote

from moto.s3.models import s3_backends

from ..checks import Check, Values, service
from ..decision import ResourcePolicy
from ..policy import parse
from ..request import Call

# Operations on buckets whose actions have other names.
BUCKET_ACTIONS = {
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# The same for operations on objects.
OBJECT_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# Actions on a named version of an object.
VERSION_ACTIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
# What the canned access control list public-read says, in IAM's words.
PUBLIC_READ = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
)
QUERY_KEYS = ("prefix", "delimiter", "max-keys")
HEADER_KEYS = (
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
)


@service("s3")
def s3(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of S3."""
    bucket, key = call.parameters.get("Bucket"), call.parameters.get("Key")
    if call.operation == "ListBuckets" or not bucket:
        yield Check("s3:ListAllMyBuckets" if call.operation == "ListBuckets" else call.action)
        return
    context: dict[str, Values] = {
        f"s3:{name}": (call.query[name],) for name in QUERY_KEYS if call.query.get(name) is not None
    }
    headers = call.parameters.get("headers", {})
    context |= {f"s3:{name}": (headers[name],) for name in HEADER_KEYS if name in headers}
    if key:
        action = OBJECT_ACTIONS.get(call.operation, call.operation)
        if call.query.get("versionId"):
            action = VERSION_ACTIONS.get(action, action)
            context["s3:versionid"] = (call.query["versionId"],)
        yield _check(f"s3:{action}", str(bucket), str(key), context)
        source = unquote(str(headers.get("x-amz-copy-source", ""))).partition("?")[0]
        if source:
            yield _check("s3:GetObject", *source.removeprefix("/").partition("/")[::2], context)
        return
    if call.operation == "DeleteObjects":
        yield _check("s3:DeleteObject", str(bucket), "*", context)
        return
    yield _check(f"s3:{BUCKET_ACTIONS.get(call.operation, call.operation)}", str(bucket), None, context)


def _check(action: str, bucket: str, key: str | None, context: dict[str, Values]) -> Check:
    arn = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
    reads = key if action == "s3:GetObject" else None
    return Check(action, arn, context, resource_policy=lambda: _policy(bucket, reads))


def _policy(bucket: str, reads: str | None) -> ResourcePolicy | None:
    """Return what a bucket of whatever account allows: its policy, or the access control list of an object to read."""
    found = next(
        (backend["aws"].buckets[bucket] for backend in s3_backends.values() if bucket in backend["aws"].buckets), None
    )
    if found is None:
        return None
    if found.policy:
        document = found.policy
        return ResourcePolicy(parse(document.decode() if isinstance(document, bytes) else document, bucket))
    item = found.keys.get(reads) if reads else None
    return (
        ResourcePolicy(parse(PUBLIC_READ, bucket)) if item is not None and item.acl and item.acl.public_read else None
    )
