"""The mails in which people get codes, and the form in which they are written."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from credentials_badges.badges.models import Mail
from providers.badgekit.models import Badge, Batch, Image, System
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import code, kept, words
from tests.providers.badgekit.desk import OWNING, at_desk, statuses
from tests.providers.badgekit.mailed import ADA, BEN, LETTER, NOW, look, page, press, whose
from tests.providers.badgekit.test_printing import filled


class TestTheMail:
    @pytest.fixture
    def mail(self, batch: Batch) -> Mail:
        """To Ada, of a city with a banner and a logo."""
        for name in ("banner", "image"):
            Image.objects.create(slug=f"the-{name}")
            System.objects.filter(slug="city").update(**{name: Image.objects.get(slug=f"the-{name}")})
        code("open-day", batch=batch)
        press(batch, "email,name", f"{ADA},<Ada> & Co")
        return Mail.objects.get()

    def test_it_goes_to_a_list_with_two_parts(self, mail: Mail) -> None:
        assert (mail.to, mail.subject, mail.destination) == (ADA, "A badge for you", Mail.LISTS)
        for part in (mail.text, mail.html):
            for held in (
                "Coder",
                "open-day",
                "http://127.0.0.1:8000/claim/open-day/?from=mail",
                "The City has entered",
            ):
                assert held in part
            for whom_to_ask in ("city@example.com", "https://city.example"):
                assert whom_to_ask in part

    def test_its_text_is_as_it_was_written(self, mail: Mail) -> None:
        assert mail.text.startswith("Dear <Ada> & Co,\n\nThank you.\n\nSee <you> soon.\n")

    def test_its_html_shows_pictures_from_whole_addresses_and_is_escaped(self, mail: Mail) -> None:
        assert "Dear &lt;Ada&gt; &amp; Co,<br>" in mail.html
        assert "Thank you.<br><br>See &lt;you&gt; soon." in mail.html
        pictures = ("127.0.0.1:8000/images/the-banner", "127.0.0.1:8000/images/the-image")
        for address in (*(f"http://{each}" for each in pictures), "https://pictures.example/badge.png"):
            assert f'<img src="{address}"' in mail.html
        assert "<script" not in mail.html

    def test_who_has_no_address_is_asked_by_name(self, batch: Batch) -> None:
        System.objects.filter(slug="city").update(email=None, url="")
        code(batch=batch)
        press(batch, ADA)
        assert "If you have questions, ask The City." in Mail.objects.get().text

    @pytest.mark.parametrize("name", ["</title><script>alert(1)</script>", "عائشة 🎓", 'a"b'])
    def test_names_are_shown_as_they_are(self, batch: Batch, name: str) -> None:
        Badge.objects.filter(slug="coder").update(name=name)
        code(batch=batch)
        press(batch, ADA)
        mail = Mail.objects.get()
        assert f"The badge: {name}\n" in mail.text
        assert "<script" not in mail.html


class TestTheForm:
    def test_it_is_for_owners(self, batch: Batch) -> None:
        many = code(multiuse=True)
        for giving in (batch, many):
            assert statuses(page(giving)) == OWNING
            assert statuses(page(giving), {**LETTER, "addresses": ADA}) == OWNING
        assert not Mail.objects.exists()

    def test_a_look_shows_the_mail_and_sends_nothing(self, batch: Batch) -> None:
        filled(batch, 2)
        answer = look(batch, f"{ADA}\nbad\n{BEN}\n{ADA}")
        shown = words(answer)
        assert "Line 2: “bad” is no e-mail address. Line 4: Line 1 has the same address." in shown
        assert "To be sent: 2" in shown
        assert "Send 2 mails" in shown
        assert "<you>" not in answer.text
        assert "See &amp;lt;you&amp;gt; soon." in answer.text  # The HTML part, within the page's HTML.
        assert "See &lt;you&gt; soon." in answer.text
        assert not Mail.objects.exists()
        assert whose() == {}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
    def test_a_file_of_any_spreadsheet_is_read_and_sent_with_the_next_step(self, batch: Batch, encoding: str) -> None:
        filled(batch, 1)
        file = SimpleUploadedFile("list.csv", f"email;name\r\n{ADA};Zoë".encode(encoding))
        form = look(batch, file=file).context["form"]
        press(batch, form["addresses"].value())
        assert Mail.objects.get().text.startswith("Dear Zoë,")

    @pytest.mark.parametrize(
        "told",
        [
            {"addresses": ""},
            {"addresses": "\0"},
            {"addresses": "x" * 1_000_001},
            {"addresses": ADA, "file": SimpleUploadedFile("a.csv", ADA.encode())},
            {"file": SimpleUploadedFile("a.csv", b"")},
            {"file": SimpleUploadedFile("a.png", b"\x89PNG\0\0\0\0")},
            {"file": SimpleUploadedFile("a.csv", b"a" * 1_000_001)},
            {"addresses": ADA, "subject": ""},
            {"addresses": ADA, "subject": "a\nBcc: eve@example.com"},
            {"addresses": ADA, "subject": "x" * 201},
            {"addresses": ADA, "message": "x" * 5_001},
            {"addresses": ADA, "message": "a\0"},
            {"addresses": ADA, "message": "a\x1b"},
        ],
        ids="-".join,
    )
    @pytest.mark.parametrize("send", [{}, {"send": "yes"}])
    def test_what_cannot_be_sent_is_asked_again(self, batch: Batch, told: dict[str, Any], send: dict[str, str]) -> None:
        filled(batch, 1)
        if "file" in told:
            told["file"].seek(0)
        answer = at_desk().post(page(batch), {**LETTER, **told, **send})
        assert answer.status_code == 400
        assert "errorlist" in answer.text
        assert not Mail.objects.exists()

    def test_what_is_not_theirs_is_not_there(self, batch: Batch) -> None:
        foreign = Batch.objects.create(badge=badge("farmer"), label="Harvest")
        many = {"multiuse": True}
        codes = [code("farm", "farmer", **many), code("gone", deleted_at=NOW, **many), code("single"), kept()]
        for giving in (foreign, *codes):
            assert look(giving, ADA).status_code == 404
        assert not Mail.objects.filter(destination=Mail.LISTS).exists()
