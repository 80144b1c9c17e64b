"""What every test needs: a database of its own, no broker, rules compiled anew, and no test that leaves a thread."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from credentials_badges.badges import rules
from credentials_badges.celery import app


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in real life: in memory, threads would share one connection's locks."""
    if settings.EMBEDDED:
        settings.DATABASES["default"]["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True, scope="session")
def _bells_into_the_void() -> None:
    """Bells go to a broker inside this process, where nobody listens."""
    app.conf.update(broker_url="memory://", broker_transport_options={})


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> None:
    """Hashing a password takes a third of a second by design, which protects nobody here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _rules_compiled_anew() -> Iterator[None]:
    rules.forget()
    yield
    rules.forget()
