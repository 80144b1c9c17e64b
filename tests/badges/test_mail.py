"""Mails: what Django's mail backends make of them, what can go wrong, and who may read them."""

import email
import email.policy
import os
import smtplib
import socketserver
import stat
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends import locmem
from django.db import transaction
from django.test import Client

from credentials_badges import env
from credentials_badges.badges import delivering, posting
from credentials_badges.badges.models import Learner, Mail
from tests.badges.test_admin import run, viewer

ADDRESS = "ada.secret@example.com"
PAGE = "/admin/badges/mail/"
NAMES = ["Ada Lovelace", "عائشة بنت محمد", "आदित्य शर्मा", "王小明", "Zoë 🎓"]


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here needs it."""


def post(subject: str = "Your badge", text: str = "https://example.com/claim/s3cret", to: str = ADDRESS) -> Mail:
    with transaction.atomic():
        posting.post([Mail(to=to, subject=subject, text=text)])
    return Mail.objects.latest("pk")


def sent(error: Exception, monkeypatch: pytest.MonkeyPatch) -> Mail:
    """A mail at whose sending the backend raises that."""

    def fail(*_: Any) -> int:
        raise error

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", fail)
    mail = post()
    delivering.deliver_due()
    mail.refresh_from_db()
    return mail


@pytest.mark.parametrize("name", NAMES)
def test_names_in_any_script_arrive(mailoutbox: list[Any], name: str) -> None:
    post(subject=f"A badge for {name}", text=f"Dear {name},\nhere it is.")
    delivering.deliver_due()
    (mail,) = mailoutbox
    assert (mail.to, mail.from_email) == ([ADDRESS], "badges@localhost")
    arrived = email.message_from_bytes(mail.message().as_bytes(), policy=email.policy.default)
    assert arrived["Subject"].strip() == f"A badge for {name}"  # A long word begins on a line of its own.
    assert arrived.get_content().rstrip("\n") == f"Dear {name},\nhere it is."


def test_without_a_mail_server_they_are_files_that_only_we_can_read(tmp_path: Path, monkeypatch: Any) -> None:
    for name, value in env.mail("", tmp_path / "beside" / "mail").items():
        monkeypatch.setattr(settings, name, value)
    post(subject="A badge for आदित्य", text="عائشة https://example.com/claim/s3cret")
    delivering.deliver_due()
    (file,) = (tmp_path / "beside" / "mail").iterdir()
    assert "عائشة https://example.com/claim/s3cret" in file.read_text(encoding="utf-8")
    assert ADDRESS in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(os.stat(file.parent).st_mode) == 0o700
    assert Mail.objects.get().status == "sent"


def test_a_mail_server_is_named_by_one_address(tmp_path: Path) -> None:
    named = env.mail("smtp+tls://ada%40example.com:s%3Acret@mail.example.com:587", tmp_path / "mail")
    assert named["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (named["EMAIL_HOST"], named["EMAIL_PORT"], named["EMAIL_USE_TLS"]) == ("mail.example.com", 587, True)
    assert (named["EMAIL_HOST_USER"], named["EMAIL_HOST_PASSWORD"]) == ("ada@example.com", "s:cret")
    assert env.mail("smtp+ssl://mail.example.com", tmp_path / "mail")["EMAIL_USE_SSL"] is True
    assert not (tmp_path / "mail").exists()
    assert set(env.mail("smtp://mail.example.com?odd=1", tmp_path)) <= {*named} - {"EMAIL_USE_TLS"}


def test_an_address_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured):
        env.mail("https://mail.example.com", tmp_path)


def refused(*codes: int) -> Exception:
    return smtplib.SMTPRecipientsRefused({f"{code}{ADDRESS}": (code, ADDRESS.encode()) for code in codes})


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (refused(550), "dead", "refused the recipient: 550"),
        (refused(450), "pending", "refused the recipient: 450"),
        (refused(550, 450), "pending", "refused the recipient: 450, 550"),
        (smtplib.SMTPDataError(554, ADDRESS), "pending", "would not take this mail: 554"),
        (smtplib.SMTPSenderRefused(553, ADDRESS.encode(), ADDRESS), "pending", "answered 553"),
        (smtplib.SMTPAuthenticationError(535, ADDRESS), "pending", "refused our password: 535"),
        (smtplib.SMTPServerDisconnected(ADDRESS), "pending", "SMTPServerDisconnected"),
        (smtplib.SMTPNotSupportedError(ADDRESS), "pending", "SMTPNotSupportedError"),
        (ConnectionRefusedError(ADDRESS), "pending", "ConnectionRefusedError"),
        (TimeoutError(ADDRESS), "pending", "TimeoutError"),
        (RuntimeError("a slip"), "dead", "RuntimeError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_goes_wrong_is_told_without_the_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, status: str, said: str
) -> None:
    mail = sent(error, monkeypatch)
    assert (mail.status, mail.attempts) == (status, 1)
    assert said in mail.last_error
    assert "secret" not in mail.last_error
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize("code", [450, 550])
def test_one_recipient_who_is_refused_keeps_nobody_waiting(
    mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    with monkeypatch.context() as patched:
        other = post(to="ben@example.com")
        Mail.objects.update(status="dead")
        sent(refused(code), patched)
    posting.retry(other)
    assert delivering.deliver_due() == 1
    assert [mail.to for mail in mailoutbox] == [["ben@example.com"]]


@pytest.mark.parametrize(
    ("subject", "to"),
    [
        ("Hello\nBcc: everybody@example.com", ADDRESS),
        ("Hello\r\nX: y", ADDRESS),
        ("Hello", "ada\nBcc: eve@example.com"),
    ],
)
def test_what_is_no_mail_is_dead_and_adds_no_header(
    mailoutbox: list[Any], caplog: pytest.LogCaptureFixture, subject: str, to: str
) -> None:
    post(subject=subject, to=to)
    delivering.deliver_due()
    mail = Mail.objects.get()
    assert (mail.status, mail.last_error) == ("dead", "no mail can be made of it (BadHeaderError)")
    assert "example.com" not in caplog.text
    assert mailoutbox == []


class MailServer(socketserver.StreamRequestHandler):
    """As little of SMTP as it takes."""

    timeout = 10
    received: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        """One mail; those to Ben are refused, and those to Cyd not yet taken."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().upper():
            answer = b"250 fine"
            if line.startswith(b"RCPT"):
                answer = b"550 nobody" if b"BEN" in line else b"451 later" if b"CYD" in line else answer
            elif line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.received.append(b"".join(lines))
            elif line.startswith(b"QUIT"):
                answer = b"221 bye"
            self.wfile.write(answer + b"\r\n")


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_a_real_mail_server_is_spoken_to(settings: Any, tmp_path: Path) -> None:
    MailServer.received.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        for name, value in env.mail(f"smtp://127.0.0.1:{server.server_address[1]}", tmp_path).items():
            setattr(settings, name, value)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        for to in (ADDRESS, "ben@example.com", "cyd@example.com", "zoë@bücher.example", "ada@"):
            post(subject="A badge for आदित्य", text="عائشة", to=to)
        assert delivering.deliver_due() == 5
        server.shutdown()
    told = {mail.to: (mail.status, mail.last_error) for mail in Mail.objects.all()}
    assert told[ADDRESS] == told["zoë@bücher.example"] == ("sent", "")
    assert told["ben@example.com"] == ("dead", "the mail server refused the recipient: 550")
    assert told["cyd@example.com"] == ("pending", "the mail server refused the recipient: 451")
    assert told["ada@"] == ("dead", "no mail can be made of it (ValueError)")
    first, second = map(email.message_from_bytes, MailServer.received)
    assert first.get_payload(decode=True).decode().strip() == "عائشة"  # type: ignore[union-attr]
    assert "xn--bcher-kva.example" in second["To"]


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_no_mail_server_is_nothing_lost(settings: Any, tmp_path: Path) -> None:
    for name, value in env.mail("smtp://127.0.0.1:1", tmp_path).items():
        setattr(settings, name, value)
    mail = post()
    delivering.deliver_due()
    mail.refresh_from_db()
    assert (mail.status, mail.last_error) == ("pending", "the mail could not be handed over (ConnectionRefusedError)")


class TestPage:
    def test_a_dead_mail_is_sent_again(self, admin_client: Client, mailoutbox: list[Any]) -> None:
        dead, pending = post("one"), post("two")
        Mail.objects.filter(pk=dead.pk).update(status="dead", attempts=12, last_error="no answer")
        said = run(admin_client, PAGE, "send_again", dead, pending)
        assert said[0] == ("success", "To be sent again: 1.")
        assert said[1] == ("warning", "Left alone, because they are not dead: 1.")
        delivering.deliver_due()
        assert {mail.status for mail in Mail.objects.all()} == {"sent"}
        assert len(mailoutbox) == 2

    def test_it_is_found_by_address_and_subject_but_not_by_its_text(self, admin_client: Client) -> None:
        post("Your badge")
        for words, found in (("ada.secret", 1), ("badge", 1), ("s3cret", 0)):
            assert admin_client.get(PAGE, {"q": words}).context["cl"].result_count == found
        assert admin_client.get(PAGE, {"status": "sent"}).context["cl"].result_count == 0

    def test_its_text_is_for_those_only_who_may_send_it_again(self) -> None:
        mail = post()
        client = viewer()
        page = f"{PAGE}{mail.pk}/change/"
        assert "s3cret" not in client.get(page).text
        assert ADDRESS in client.get(page).text
        Learner.objects.get(username="viewer").user_permissions.add(Permission.objects.get(codename="change_mail"))
        assert "s3cret" in client.get(page).text

    def test_nobody_writes_or_changes_one_here(self, admin_client: Client) -> None:
        mail = post()
        admin_client.post(f"{PAGE}{mail.pk}/change/", {"to": "eve@example.com", "subject": "x", "text": "x"})
        assert admin_client.get(f"{PAGE}add/").status_code == 403
        assert Mail.objects.get().to == ADDRESS
