"""A service that others can reach is not started with what is unsafe, and passes Django's own review otherwise."""

import os
import subprocess
import sys
from pathlib import Path
from secrets import token_urlsafe

import pytest

from credentials_badges.production import flaw_of, is_public

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "PUBLIC_BASE_URL": "https://badges.example.org",
    "SECRET_KEY": token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": f"{token_urlsafe(48)},{token_urlsafe(48)}",
    "DEBUG": "",
    "ALLOWED_HOSTS": "",
}


def check(tmp_path: Path, **told: str) -> subprocess.CompletedProcess[str]:
    """``manage.py check --deploy`` as production would run it."""
    environment = {**os.environ, **SAFE, "DATABASE_URL": f"sqlite:///{tmp_path / 'badges.sqlite3'}", **told}
    command = [sys.executable, "manage.py", "check", "--deploy"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_safe_settings_pass_djangos_review_without_a_word(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("System check identified no issues")


def test_all_that_is_unsafe_is_named_at_once_and_no_secret_told(tmp_path: Path) -> None:
    wrong = {"PUBLIC_BASE_URL": "http://badges.example.org", "DEBUG": "1", "ALLOWED_HOSTS": "*"}
    done = check(tmp_path, SECRET_KEY="changeme-7", FIELD_ENCRYPTION_KEYS=f"{token_urlsafe(48)},tiny", **wrong)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS (2)", "DEBUG", "ALLOWED_HOSTS", "PUBLIC_BASE_URL"):
        assert name in last
    assert not {"changeme-7", "tiny"} & set(done.stderr.replace(",", " ").split())


@pytest.mark.parametrize("wrong", [{"SECRET_KEYS": "x"}, {"ALOWED_HOSTS": "x"}, {"PROXIES": "one"}])
def test_what_is_misspelt_or_no_number_is_refused(wrong: dict[str, str], tmp_path: Path) -> None:
    done = check(tmp_path, **wrong)
    assert done.returncode == 1
    assert next(iter(wrong)) in done.stderr.splitlines()[-1]


def test_whoever_answers_to_another_name_needs_a_secret_that_is_nobodys_example(tmp_path: Path) -> None:
    told = {"PUBLIC_BASE_URL": "", "ALLOWED_HOSTS": "badges.example.org"}
    done = check(tmp_path, SECRET_KEY="changeme-7", **told)
    assert done.returncode == 1
    assert "SECRET_KEY is a word that everybody knows" in done.stderr
    assert check(tmp_path, **told).returncode == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"DATABASE_URL": "postgres://user:sek/ret@127.0.0.1/badges"},
        {"EMAIL_URL": "smtp+ssl://user:sek#ret@mail.example.org:465"},
        {"PUBLIC_BASE_URL": "http://[::1"},
        {"KEEP_EVENTS_DAYS": "1000000"},
        {"LEASE_SECONDS": "1e300"},
        {"BROKER_URL": "redis://user:sek/ret@127.0.0.1/0"},
        {"BROKER_URL": "sqs://sek"},
        {"FIELD_ENCRYPTION_KEYS": ",,"},
    ],
)
def test_what_cannot_be_read_is_told_by_its_name_and_not_by_its_words(wrong: dict[str, str], tmp_path: Path) -> None:
    done = check(tmp_path, **wrong)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert next(iter(wrong)) in last
    assert "sek" not in done.stderr


def test_a_server_of_databases_comes_with_secrets_that_all_machines_share(tmp_path: Path) -> None:
    done = check(tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing", SECRET_KEY="")
    assert done.returncode == 1
    assert "SECRET_KEY is not set" in done.stderr


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("[::1]", False),
        ("localhost", False),
        ("lms.localhost", False),
        ("10.0.0.7", True),
        ("badges.example.org", True),
        (".example.org", True),
        ("*", True),
        ("", True),
    ],
)
def test_only_this_machine_is_not_public(host: str, public: bool) -> None:
    assert is_public(host) is public


@pytest.mark.parametrize("secret", ["", "short", "a" * 64, "changeme" * 8, "django-insecure-" + "x1y2z3" * 10])
def test_a_secret_has_to_be_long_random_and_nobodys_example(secret: str) -> None:
    assert flaw_of(secret, 32)
    assert not flaw_of(token_urlsafe(32), 32)
