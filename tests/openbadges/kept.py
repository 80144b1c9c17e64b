"""What others have made to look at badges: brought here once, and kept in `var/validators` until it has other pins."""

import fcntl
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.faults.servers import missing

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "var/validators"
PIP = ("-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check")
LIBRARY = "openbadgeslib==4.6.3"
SCHEMAS = {
    "achievementcredential": "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea",
    "profile": "6b268f2caa591bf657e2a290e195713c41dc2db4e1c797723cfd00a1a83f8f13",
}
"""1EdTech's JSON Schemas of Open Badges 3.0, by the checksums of their files."""


def kept(name: str, wanted: str, bring: Callable[[Path], None]) -> Path:
    """A folder that `bring` has filled, now or in an earlier run; the other workers of this run wait for it."""
    pins = "\n".join([str(sys.version_info[:2]), wanted])
    folder = FOLDER / f"{name}-{sha256(pins.encode()).hexdigest()[:16]}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=FOLDER) as building:
                _bring(bring, Path(building, "made"), name)
                # Whole or not at all.
                Path(building, "made").rename(folder)
    return folder


def _bring(bring: Callable[[Path], None], folder: Path, name: str) -> None:
    try:
        bring(folder)
    except (subprocess.SubprocessError, OSError) as error:
        said = [line for line in (getattr(error, "stderr", None) or str(error)).splitlines() if line.strip()]
        missing(f"{name} cannot be brought here: {said[-1] if said else error}")


def run(*command: str | Path) -> None:
    """Run it for as long as an installation may take; what it says is told if it fails."""
    subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=300)


def ob2_validator() -> Path:
    """A Python that has 1EdTech's validator of Open Badges 2.0: its pins and ours exclude each other."""
    pins = ROOT / "requirements/ob2-validator.txt"

    def bring(folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin/python", *PIP, "install", "--no-deps", "--requirement", pins)

    return kept("ob2-validator", pins.read_text(), bring) / "bin/python"


def node_checker() -> Path:
    """A script in a folder that has Digital Bazaar's verifier of signed documents, which runs in Node."""
    ours = Path(__file__).parent / "node"

    def bring(folder: Path) -> None:
        shutil.copytree(ours, folder)
        run("npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund")

    wanted = "".join(each.read_text() for each in sorted(ours.iterdir()))
    return kept("digitalbazaar-vc", wanted, bring) / "check.mjs"


def ob3_schemas() -> dict[str, Any]:
    """1EdTech's JSON Schemas, from the source package of a library that tests itself by them.

    They are not in our repository, since nothing says that they may be handed on.
    """

    def bring(folder: Path) -> None:
        # A package that is installed has no tests in it.
        run(sys.executable, *PIP, "download", "--no-deps", "--no-binary", ":all:", "--dest", folder, LIBRARY)
        (package,) = folder.glob("*.tar.gz")
        with tarfile.open(package) as files:
            for name in SCHEMAS:
                found = next(each for each in files if each.name.endswith(f"/ob_v3p0_{name}_schema.json"))
                unpacked = files.extractfile(found)
                (folder / f"{name}.json").write_bytes(unpacked.read() if unpacked else b"")
        package.unlink()

    folder = kept("ob3-schemas", f"{LIBRARY}{SCHEMAS}", bring)
    schemas = {}
    for name, checksum in SCHEMAS.items():
        text = (folder / f"{name}.json").read_bytes()
        assert sha256(text).hexdigest() == checksum
        schemas[name] = json.loads(text)
    return schemas
