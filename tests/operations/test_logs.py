"""What a record says, and what none says."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import bound_contextvars

from credentials_badges import logs
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.celery import app

pytestmark = pytest.mark.once

Logged = Callable[[], list[dict[str, Any]]]
log = logging.getLogger("credentials_badges.anything")


def test_a_record_says_who_says_it_how_loud_when_and_about_what(logged: Logged) -> None:
    with bound_contextvars(issuance=7):
        log.warning("it is %s", "so")
    (told,) = logged()
    assert told.pop("timestamp").endswith("Z")
    assert told == {"event": "it is so", "issuance": 7, "level": "warning", "logger": log.name}


def test_what_begins_is_about_nothing_that_was_before(logged: Logged) -> None:
    logs.begin(task="badges.sweep")
    logs.hide("AUTUMN-7")
    logs.begin(request_id="4")
    log.warning("AUTUMN-7")
    (told,) = logged()
    assert (told["event"], told["request_id"], "task" in told) == ("AUTUMN-7", "4", False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the code AUT/7 is gone", "the code [hidden] is gone"),
        ("/claim/AUT%2F7/", "/claim/[hidden]/"),
        ("MIDAUT/70", "MIDAUT/70"),
        ("Bearer0123456789abcdef.", "Bearer[hidden]."),
        ("{'ada.l@example.com': (550, b'no')}", "{'[address]': (550, b'no')}"),
        (
            "celery@worker ready, amqp://guest:**@127.0.0.1:5672//",
            "celery@worker ready, amqp://guest:**@127.0.0.1:5672//",
        ),
    ],
)
def test_what_is_hidden_is_struck_wherever_it_stands(logged: Logged, text: str, told: str) -> None:
    logs.hide("AUT/7", "0123456789abcdef")
    log.warning("%s", text)
    assert logged()[0]["event"] == told


def test_a_key_is_struck_from_the_moment_it_is_used(db: None, logged: Logged) -> None:
    account = ProviderAccount(provider="credly", external_id="1", api_key="a-key-of-the-harbour")
    assert account.as_data().api_key == "a-key-of-the-harbour"
    logs.begin()
    try:
        raise RuntimeError("401 for a-key-of-the-harbour")
    except RuntimeError:
        log.exception("crashed")
    assert "RuntimeError: 401 for [hidden]" in logged()[0]["exception"]
    assert "a-key-of-the-harbour" not in str(logged())


def test_tracebacks_show_no_variables(logged: Logged) -> None:
    def fail(unseen: str) -> None:
        raise ValueError(len(unseen))

    try:
        fail("what nobody may read")
    except ValueError:
        log.exception("crashed")
    assert "ValueError: 20" in logged()[0]["exception"]
    assert "unseen = 'what" not in str(logged())


def test_a_task_s_records_name_it(logged: Logged) -> None:
    @app.task(name="tests.say", shared=False)
    def say() -> None:
        log.warning("said")

    say.apply(task_id="41").get()
    log.warning("afterwards")
    app.tasks.pop("tests.say")
    said, afterwards = (told for told in logged() if told["logger"] == log.name)
    assert (said["task"], said["task_id"]) == ("tests.say", "41")
    assert "task" not in afterwards


def test_celery_leaves_the_log_alone() -> None:
    before = list(logging.getLogger().handlers)
    assert app.log.setup_logging_subsystem()
    assert logging.getLogger().handlers == before


@pytest.mark.parametrize(("form", "level", "name"), [("xml", "INFO", "LOG_FORMAT"), ("json", "LOUD", "LOG_LEVEL")])
def test_what_cannot_be_is_refused_with_what_can(form: str, level: str, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"{name} is '\w+', and has to be one of"):
        logs.config(form, level)
