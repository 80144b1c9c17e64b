"""Tutor itself reads the plug-in and writes what it would run. Left out where Tutor is not installed."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.test_files import DEPLOY, DOCUMENTED, PROCFILE

pytestmark = pytest.mark.once

OURS = "credentials-badges"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which Tutor has written what it would run."""
    tutor = shutil.which("tutor")
    if not tutor:
        pytest.skip("tutor is not installed")
    folder = tmp_path_factory.mktemp("tutor")
    (folder / "plugins").mkdir()
    shutil.copy(DEPLOY / "tutor/credentials_badges.py", folder / "plugins")
    told = {**os.environ, "TUTOR_ROOT": str(folder), "TUTOR_PLUGINS_ROOT": str(folder / "plugins")}
    for words in (
        ["plugins", "enable", "credentials_badges"],
        ["config", "save", "--set", "LMS_HOST=lms.example.org", "--set", "ENABLE_HTTPS=true"],
    ):
        done = subprocess.run([tutor, *words], env=told, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "env"


@pytest.fixture
def read(rendered: Path) -> Callable[[str], list[Any]]:
    def documents(name: str) -> list[Any]:
        return list(yaml.safe_load_all((rendered / name).read_text()))

    return documents


def process_of(name: str) -> str:
    return name.removeprefix(OURS).lstrip("-") or "web"


def test_compose_starts_what_the_procfile_does(read: Callable[[str], list[Any]]) -> None:
    (compose,) = read("local/docker-compose.yml")
    ours = {name: service for name, service in compose["services"].items() if name.startswith(OURS)}
    commands = {process_of(name): service["command"] for name, service in ours.items()}
    (jobs,) = read("local/docker-compose.jobs.yml")
    assert commands | {"release": jobs["services"][f"{OURS}-job"]["command"]} == PROCFILE
    for service in ours.values():
        assert set(service["environment"]) <= DOCUMENTED
        assert "{{" not in str(service)


def test_kubernetes_starts_what_the_procfile_does(read: Callable[[str], list[Any]]) -> None:
    documents = [each for each in read("k8s/deployments.yml") if each and each["metadata"]["name"].startswith(OURS)]
    commands = {}
    for each in documents:
        if each["kind"] == "Deployment":
            (container,) = each["spec"]["template"]["spec"]["containers"]
            commands[process_of(each["metadata"]["name"])] = " ".join(container["args"])
            assert all(isinstance(variable["value"], str) for variable in container["env"])
    assert commands == {name: command for name, command in PROCFILE.items() if name != "release"}
    (secret,) = [each["stringData"] for each in documents if each["kind"] == "Secret"]
    assert set(secret) <= DOCUMENTED


def test_the_lms_sends_and_caddy_passes_on(rendered: Path) -> None:
    settings = (rendered / "apps/openedx/settings/lms/production.py").read_text()
    compile(settings, "production.py", "exec")
    assert '["learning-badges-lifecycle"]' in settings
    assert "badges.lms.example.org{$default_site_port}" in (rendered / "apps/caddy/Caddyfile").read_text()
