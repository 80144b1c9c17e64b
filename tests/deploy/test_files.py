"""The files of `deploy/` agree with each other and with the documents, and their own tools find nothing wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
PROCFILE = dict(line.split(": ", 1) for line in (DEPLOY / "Procfile").read_text().splitlines())
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCUMENTED = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/settings.md").read_text()))
EXAMPLE = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE)


def complaints(tool: str, *words: str | Path) -> str:
    """What a tool of another project has to say against it; without the tool, the test is left out by its name."""
    found = shutil.which(tool, path=f"{BIN}:/usr/bin:/bin") or shutil.which(tool)
    if not found:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([found, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_dockerfile_is_in_order() -> None:
    assert not complaints("hadolint", "deploy/Dockerfile")
    assert "USER 10001" in (DEPLOY / "Dockerfile").read_text()


def test_compose_is_in_order() -> None:
    assert not complaints("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")
    assert set(COMPOSE["services"]) == {"web", "worker", "beat", "consumer", "migrate", "postgres", "redis"}


@pytest.mark.parametrize("process", PROCFILE)
def test_compose_starts_what_the_procfile_does(process: str) -> None:
    service = COMPOSE["services"]["migrate" if process == "release" else process]
    assert service["command"] == PROCFILE[process]
    assert service["read_only"] is True
    assert int(service["stop_grace_period"][:-1]) > 20


def test_the_image_starts_the_web() -> None:
    words = re.findall(r"^CMD (\[.+\])", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[-1]
    assert " ".join(yaml.safe_load(words)) == PROCFILE["web"]


def started_by(unit: Path) -> str:
    (command,) = re.findall(r"^ExecStart=/opt/credentials-badges/bin/(.+)", unit.read_text(), re.MULTILINE)
    return str(command)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_starts_what_the_procfile_does(unit: Path) -> None:
    process = unit.stem.removeprefix("credentials-badges-").rstrip("@").replace("migrate", "release")
    command, options, _ = f"{started_by(unit)} --hostname ".partition(" --hostname ")
    assert command == PROCFILE[process]
    assert options


@pytest.fixture
def installed_units(tmp_path: Path) -> list[Path]:
    """The units, for programs that there are."""
    (tmp_path / "bin").mkdir()
    for program in {started_by(unit).partition(" ")[0] for unit in UNITS}:
        (tmp_path / "bin" / program).symlink_to("/bin/true")
    shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    for unit in (tmp_path / "units").glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/credentials-badges/bin", str(tmp_path / "bin")))
    return [unit for unit in (tmp_path / "units").iterdir() if unit.is_file()]


def test_systemd_reads_the_units(installed_units: list[Path]) -> None:
    assert len(installed_units) == len(UNITS) + 1
    assert not complaints("systemd-analyze", "verify", "--man=no", *installed_units)


@pytest.mark.parametrize("name", ["web", "beat", "consumer", "migrate"])
def test_what_a_unit_may_do_is_little(installed_units: list[Path], name: str) -> None:
    (unit,) = [unit for unit in installed_units if unit.name == f"credentials-badges-{name}.service"]
    # In tenths, from 0 to 100; a unit without any hardening has 96.
    assert not complaints("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)


@pytest.mark.parametrize("name", sorted(set(EXAMPLE) | set(COMPOSE["x-service"]["environment"])))
def test_every_variable_is_documented(name: str) -> None:
    assert name.removesuffix("_FILE") in DOCUMENTED


def test_every_file_of_a_secret_is_a_secret_of_compose() -> None:
    for name, file in COMPOSE["x-service"]["environment"].items():
        assert file == f"/run/secrets/{name.removesuffix('_FILE').lower()}"
        assert COMPOSE["secrets"][file.rpartition("/")[2]]["file"].startswith("secrets/")
        assert name in EXAMPLE


def test_every_file_is_told_of() -> None:
    readme = (DEPLOY / "README.md").read_text()
    for name in ["Dockerfile", "compose.yaml", "Procfile", "env.example", "systemd/", "tutor/"]:
        assert f"`{name}`" in readme
