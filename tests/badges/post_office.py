"""A post office for tests of messages: it sends mails nowhere, and has the troubles that it is told to have."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from credentials_badges.badges import posting
from credentials_badges.badges.models import Mail
from credentials_badges.contract.errors import Retriable


class Office:
    """Sends mails nowhere, and remembers their subjects; `trouble` may raise something first."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.tried: list[str] = []
        self.trouble: Callable[[Mail], object] = lambda mail: None

    def send(self, mail: Mail) -> None:
        """One try."""
        assert connection.in_atomic_block is self.in_test, "no transaction may be open during a try"
        self.tried.append(mail.subject)
        self.trouble(mail)
        self.sent.append(mail.subject)

    in_test = True
    """Whether the test itself is one transaction."""


def opened(monkeypatch: pytest.MonkeyPatch, *, in_test: bool) -> Office:
    """From now on, it carries the mails."""
    office = Office()
    office.in_test = in_test
    monkeypatch.setitem(posting._senders, Mail, office.send)
    return office


def mail(subject: str, **columns: Any) -> Mail:
    """One to Ada."""
    return Mail(subject=subject, to="ada@example.com", text="Hello", **columns)


def write(*mails: Mail) -> None:
    """Post them, and commit."""
    with transaction.atomic():
        posting.post(mails)


def let_time_pass() -> None:
    """Whatever waits is due."""
    Mail.objects.filter(status="pending").update(not_before=timezone.now())


def raiser(*errors: Exception) -> Callable[[Mail], None]:
    """Raises these in turn, and then nothing."""
    left = list(errors)

    def trouble(_: Mail) -> None:
        if left:
            raise left.pop(0)

    return trouble


def to(*destinations: str) -> Callable[[Mail], None]:
    """These do not answer."""

    def trouble(mail: Mail) -> None:
        if mail.destination in destinations:
            raise Retriable("no answer")

    return trouble


def states() -> dict[str, str]:
    """What has become of each mail, by its subject."""
    return dict(Mail.objects.values_list("subject", "status"))
