"""What every test needs: a database of its own, no broker, rules compiled anew, and no test that leaves a thread."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from django.conf import settings

from credentials_badges.badges import delivering, rules, tasks
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


class InThisThread(Executor):
    """Does at once what it is given: a thread of its own would not see what a test has not committed."""

    def __init__(self, *_: object, **__: object) -> None:
        """Takes what a pool of threads takes."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class _KeptOpen:
    """Stands for Django's connections where there is only the test's own."""

    def close_all(self) -> None:
        """Not here."""


@pytest.fixture(autouse=True)
def _in_this_thread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are served one after the other, except in tests that are about threads, whose data are committed."""
    if "transactional_db" in request.fixturenames:
        return
    for module in (delivering, tasks):
        monkeypatch.setattr(module, "ThreadPoolExecutor", InThisThread)
        monkeypatch.setattr(module, "connections", _KeptOpen())
