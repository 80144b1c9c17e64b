"""What people rely on is documented, and what the documents name is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from credentials_badges import env
from credentials_badges.celery import app
from credentials_badges.contract import errors

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OURS = {"credentials_badges.badges", "credentials_badges.demo", "credentials_badges.eventbus", "providers.badgekit"}
COMMANDS = sorted(name for name, app_name in get_commands().items() if app_name in OURS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_and_teaches(command: str) -> None:
    assert re.search(rf"`{command}\b", (DOCS / "interface.md").read_text())
    loaded = load_command_class(get_commands()[command], command)
    assert len(loaded.help) > 40
    assert "usage:" in loaded.create_parser("manage.py", command).format_help()


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z0-9_]+)`", (DOCS / "settings.md").read_text()))
    assert len(env.asked) > 20
    assert env.asked - documented == set()


def test_every_task_is_documented_and_has_a_queue_that_workers_serve() -> None:
    import credentials_badges.badges.tasks  # noqa: F401 (Registers the tasks.)

    tasks = {name for name in app.tasks if name.startswith("badges.")}
    assert tasks == set(settings.CELERY_TASK_ROUTES)
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} == queues
    running = (DOCS / "running.md").read_text()
    for task in tasks:
        assert f"`{task}`" in running


def test_every_error_of_the_contract_has_its_cure_in_the_architecture() -> None:
    named = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ProviderError)
    }
    cured = set(re.findall(r"^\| `(\w+)`", (DOCS / "architecture.md").read_text(), re.MULTILINE))
    # The others are finer words for Rejected and Misconfigured, and are treated as these.
    assert named - cured == {"ProviderError", "NotFound", "UnknownProvider"}


def test_the_words_of_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_the_readme_shows_the_two_commands() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for command in ("demo", "test"):
        assert f"make {command}" in readme
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
