"""With `deploy/env.example`, Django has nothing to warn about; without collected styles, nothing starts."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.production import environment

pytestmark = pytest.mark.once


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["python", *words],  # noqa: S607 (Found by the path that production has.)
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_example_is_safe(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "credentials_badges", "check", "--deploy", "--fail-level", "DEBUG")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("System check identified no issues")


def test_a_web_server_without_collected_styles_says_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", "import credentials_badges.wsgi")
    assert done.returncode == 1
    assert "Run manage.py collectstatic" in done.stderr.splitlines()[-1]


def test_what_goes_wrong_is_told_under_the_name_by_which_it_was_called(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "credentials_badges", "status", "--help")
    assert done.stdout.startswith("usage: python -m credentials_badges status")
