"""The peers' own environments: they are no part of Aplomo, and some exclude each other."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from platformdirs import user_cache_path

REQUIREMENTS = Path(__file__).parent / "requirements"


def python_for(requirements: str) -> Path:
    """The interpreter of an environment that holds `requirements`, made when it is not there.

    Raises CalledProcessError when something cannot be installed.
    """
    listed = REQUIREMENTS / requirements
    key = hashlib.sha256(listed.read_bytes() + sys.version.encode()).hexdigest()[:12]
    place = user_cache_path("aplomo") / "beside" / f"{listed.stem}-{key}"
    python = place / "bin" / "python"
    if not (place / "installed").is_file():
        print(f"installing {listed.name} into {place}", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(listed)], check=True)
        (place / "installed").touch()
    return python
