# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two ends of a warm interpreter: who asks for a module to be run, and who runs it.

The far end is this file as a program. It knows nothing of Ansible but what it imports beforehand.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import multiprocessing
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import types
from collections.abc import Iterator, Sequence
from typing import NoReturn

#: What modules of AWS import. What is missing is for the module to tell.
IMPORTED_BEFORE = (
    "ansible.module_utils.basic",
    "ansible.module_utils._internal._ansiballz._loader",
    "ansible.module_utils.common.dict_transformations",
    "boto3",
    "botocore.signers",
    *(
        f"ansible_collections.amazon.aws.plugins.module_utils.{name}"
        for name in ("modules", "policy", "ec2", "iam", "rds", "elbv2", "waiters")
    ),
)
#: The services that an estate is made of, in the order in which it asks for them. Each one's description is some
#: megabytes that are read to make a client.
DESCRIBED_BEFORE = (
    *("ssm", "ec2", "sts", "rds", "iam", "kms", "secretsmanager", "logs", "sns", "autoscaling", "elbv2"),
    *("cloudwatch", "dlm", "devops-guru", "service-quotas", "backup", "route53", "acm"),
)
START_SECONDS = 30.0
LOOK_SECONDS = 1.0
#: Program and environment of a module: how long they are.
_SIZES = struct.Struct("!II")
_CODE = struct.Struct("!i")
_BLOCK = 1 << 16


# --- who asks --------------------------------------------------------------------------------------------------------


def connect(path: str, python: str, playbook: str = "", collections: Sequence[str] = ()) -> socket.socket:
    """Return a connection to the interpreter behind a socket, which is started where there is none.

    path: where it listens, in the temporary directory of this run.
    playbook: the one whose modules are packed ahead, if any.
    collections: the directories in which this run finds its collections, first ones first.

    Raises:
        OSError: it cannot be had.
    """
    deadline = time.monotonic() + START_SECONDS
    started: subprocess.Popen[bytes] | None = None
    ended = False
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            # One that has ended found another one there, or cannot be had.
            if time.monotonic() > deadline or ended:
                raise
            if started is None:
                started = _start(path, python, playbook, collections)
            time.sleep(0.01)
            ended = started.poll() is not None
        else:
            return connection


def _start(path: str, python: str, playbook: str, collections: Sequence[str]) -> subprocess.Popen[bytes]:
    # Who asks is a worker that ends with its task; its parent is the run.
    owner = os.getpid() if multiprocessing.parent_process() is None else os.getppid()
    return subprocess.Popen(
        [python, __file__, path, str(owner), playbook, *collections],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Not ended with the worker that happened to be the first.
        start_new_session=True,
    )


def run(connection: socket.socket, program: bytes, directory: str) -> tuple[int, bytes, bytes]:
    """Run a program of Python and return its exit code and what it wrote to standard output and standard error."""
    place = json.dumps({"environment": dict(os.environ), "directory": directory}).encode()
    output, errors = os.pipe(), os.pipe()
    written = {output[0]: bytearray(), errors[0]: bytearray()}
    with connection, selectors.DefaultSelector() as selector:
        try:
            socket.send_fds(connection, [b"\0"], [output[1], errors[1]])
        finally:
            os.close(output[1])
            os.close(errors[1])
        connection.sendall(_SIZES.pack(len(place), len(program)) + place + program)
        for end in written:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            for key, _events in selector.select():
                block = os.read(key.fd, _BLOCK)
                written[key.fd] += block
                if not block:
                    selector.unregister(key.fd)
                    os.close(key.fd)
        answer = connection.recv(_CODE.size)
    if len(answer) < _CODE.size:
        written[errors[0]] += b"The process of the module ended without an answer."
    code = _CODE.unpack(answer)[0] if len(answer) == _CODE.size else 1
    return code, bytes(written[output[0]]), bytes(written[errors[0]])


# --- who runs --------------------------------------------------------------------------------------------------------


def serve(path: str, owner: int, collections: Sequence[str]) -> None:
    """Run what is asked for behind a socket, until its owner has ended or its directory is gone."""
    # By this name, modules find the collections where Ansible does, and not in the archive that they come in.
    package = types.ModuleType("ansible_collections")
    package.__path__ = [os.path.join(directory, "ansible_collections") for directory in collections]
    sys.modules[package.__name__] = package
    with socket.socket(socket.AF_UNIX) as listener:
        # Who comes second to this place ends here.
        mask = os.umask(0o077)
        listener.bind(path)
        os.umask(mask)
        listener.listen(64)
        for name in IMPORTED_BEFORE:
            try:
                importlib.import_module(name)
            except ImportError:
                continue
        # Children are not waited for.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        preparations: Iterator[str] | None = _descriptions()
        while os.path.exists(path) and _is_running(owner):
            # Whoever asks comes first; while nobody does, there is time to prepare more.
            listener.settimeout(LOOK_SECONDS if preparations is None else 0)
            try:
                connection, _address = listener.accept()
            except TimeoutError:
                continue
            except BlockingIOError:
                if preparations is not None and next(preparations, None) is None:
                    preparations = None
                # Children share what has come until now, and need not look through it for garbage.
                gc.freeze()
                continue
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _child(connection)


def _descriptions() -> Iterator[str]:
    """Read the descriptions of services, one after the other, for all clients that are made from now on."""
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError:
        return
    make_loader = botocore.session.create_loader
    loader = make_loader()
    # A loader keeps what it has read. Each session has one of its own; now they have this one.
    botocore.session.create_loader = lambda paths=None: loader if paths is None else make_loader(paths)
    session = botocore.session.Session()
    for service in DESCRIBED_BEFORE:
        try:
            client = session.create_client(service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
            # Which answers come in pages is read with the first question, whatever it is for.
            client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
        except (botocore.exceptions.BotoCoreError, ValueError):
            # For the module to tell: a profile that does not exist, a service that this botocore does not know.
            continue
        yield service


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _child(connection: socket.socket) -> NoReturn:
    """Run the program that comes through a connection, and end."""
    code = 1
    try:
        connection.settimeout(None)
        program = _prepare(connection)
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        code = _execute(program)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(_CODE.pack(code))
        os._exit(0)


def _prepare(connection: socket.socket) -> bytes:
    """Become the process that the program would have had, and return the program."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _data, ends, _flags, _sender = socket.recv_fds(connection, 1, 2)
    for number, end in zip((1, 2), ends):
        os.dup2(end, number)
        os.close(end)
    sizes = _SIZES.unpack(_receive(connection, _SIZES.size))
    place = json.loads(_receive(connection, sizes[0]))
    program = _receive(connection, sizes[1])
    os.environ.clear()
    os.environ.update(place["environment"])
    os.chdir(place["directory"])
    return program


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        block = connection.recv(min(_BLOCK, size - len(received)))
        if not block:
            raise EOFError("who asked has gone")
        received += block
    return bytes(received)


def _end_with(connection: socket.socket) -> None:
    """End this process with the one that asked for it: nobody would hear the answer."""
    # Nothing more is sent, so this returns when the other end is closed.
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _execute(program: bytes) -> int:
    """Run a program as the interpreter runs its input, and return the exit code."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = [""]
    code = 0
    try:
        exec(compile(program, "<stdin>", "exec"), main.__dict__)  # noqa: S102
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    return code


if __name__ == "__main__":
    # The directory of this file holds no module that anybody else should import.
    directory = sys.path.pop(0)
    if sys.argv[3]:
        ahead = os.path.join(directory, "_ahead.py")
        subprocess.Popen([sys.executable, ahead, os.path.dirname(sys.argv[1]), *sys.argv[3:]])
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[4:])
