"""A PostgreSQL of the tests' own: on a unix socket in a temporary folder, ended by its pid."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with the newest `initdb` and `postgres`, if there is one."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in folders if (one / "postgres").exists()), None)


@contextmanager
def running(binaries: Path) -> Generator[str]:
    """Its SQLAlchemy URL. Short paths: a socket's may not be longer than 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = _unprivileged()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    run = {"user": user.pw_uid, "group": user.pw_gid, "cwd": folder} if user else {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    make = [binaries / "initdb", "-D", folder / "data", "-U", "aplomo", "-A", "trust", "-N"]
    subprocess.run(make, check=True, **quiet, **run)  # type: ignore[call-overload]
    options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    serve = [binaries / "postgres", "-D", folder / "data", *options]
    server = subprocess.Popen(serve, **quiet, **run)  # type: ignore[call-overload]
    try:
        _wait(folder / ".s.PGSQL.5432", server)
        yield f"postgresql://aplomo@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> "pwd.struct_passwd | None":
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _wait(socket: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if socket.exists():
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
