"""People are answered in their language, by page and by mail; programs in English, whatever they ask for."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import translation

from credentials_badges.badges.models import AuditEntry, Mail
from providers.badgekit import invitations
from providers.badgekit.invitations import Guest, Letter
from providers.badgekit.models import ClaimCode
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import browser, code, kept, page, signed_in, words
from tests.providers.badgekit.desk import administrator, at_desk, member, path
from tests.providers.badgekit.rest_client import API, claiming, send

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


def look(client: Client, address: str) -> str:
    answer = client.get(address, headers=SPANISH)
    assert answer.status_code == 200
    assert '<html lang="es"' in answer.text
    return words(answer)


class TestPages:
    def test_a_code_is_claimed_in_the_language_of_the_browser(self) -> None:
        code()
        said = look(browser(), page("open-day"))
        assert "Emitida por" in said
        assert "Para reclamarla, inicie sesión o diga quién es:" in said
        assert "Dirección de correo electrónico" in said
        answer = signed_in().post(page("open-day"), headers=SPANISH, follow=True)
        assert "Aceptada: esta insignia es suya." in words(answer)

    def test_who_has_chosen_a_language_gets_that_one(self) -> None:
        code()
        client = browser()
        client.cookies["django_language"] = "es"
        assert "Emitida por" in words(client.get(page("open-day"), headers={"Accept-Language": "en"}))

    def test_what_is_wrong_is_said_in_it_too(self) -> None:
        code(evidence="required", needs_approval=True)
        sent = {"link": "nowhere", "file": ContentFile(b"", name="empty.png")}
        answer = signed_in().post(page("open-day"), sent, headers=SPANISH)
        assert "“nowhere” no es un enlace" in words(answer)
        assert "“empty.png” no contiene nada. Se admiten fotos" in words(answer)

    def test_days_have_its_months(self) -> None:
        code(needs_approval=True)
        client = signed_in()
        client.post(page("open-day"), headers=SPANISH)
        months = [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ]
        said = look(client, page("open-day"))
        assert any(f" {month} " in said for month in months)
        assert "Su solicitud está en revisión desde el" in said


class TestTheDesk:
    def test_its_pages_forms_and_messages_are_in_it(self) -> None:
        made = code(limit=5, multiuse=True)
        client = at_desk()
        assert "Códigos" in look(client, path("codes/"))
        said = look(client, path(f"codes/{made.pk}/"))
        assert "Activo. Se puede reclamar." in said
        assert "0 de 5" in said
        paused = {"codes": made.pk, "action": "pause"}
        answer = client.post(path("codes/change/"), paused, headers=SPANISH, follow=True)
        assert "Pausados: 1." in words(answer)

    def test_reports_name_their_numbers_in_it(self) -> None:
        code()
        said = look(at_desk(), path("reports/"))
        assert "Códigos usados sobre códigos creados" in said
        assert "Códigos creados" in said

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_what_is_written_down_of_it_is_in_english(self, language: str) -> None:
        made = code()
        sent = {"action": "pause", "codes": made.pk}
        at_desk().post(path(f"codes/{made.pk}/change/"), sent, headers={"Accept-Language": language})
        entry = AuditEntry.objects.get(via="desk")
        assert (entry.label, entry.action) == (f"claim code {made.pk}", "change code pause")


class TestTheAdministration:
    def test_models_and_columns_have_names_in_it(self) -> None:
        said = look(administrator(), "/admin/badgekit/codevisits/")
        assert "visitas de códigos" in said
        assert "para muchos" in look(administrator(), "/admin/badgekit/claimcode/add/").lower()


class TestMails:
    def test_who_asks_for_a_link_gets_it_in_the_language_of_the_page(self) -> None:
        code()
        browser().post(page("open-day"), {"name": "Sam", "email": "sam@example.net"}, headers=SPANISH)
        mail = Mail.objects.get()
        assert mail.subject == "Reclame su insignia “Coder”"
        assert "Abra este enlace para ver la insignia y reclamarla:" in mail.text

    def test_others_are_told_in_the_language_of_the_service(self, settings: Any) -> None:
        settings.LANGUAGE_CODE = "es"
        member("reviewer")
        code(needs_approval=True)
        signed_in().post(page("open-day"), headers={"Accept-Language": "en"})
        subjects = dict(Mail.objects.values_list("to", "subject"))
        assert subjects["ada@example.com"] == "Your claim to “Coder”"
        assert subjects["reviewer@city.example"] == "Una solicitud de la insignia “Coder” espera"

    def test_a_badge_that_is_kept_is_announced_in_the_language_of_the_service(self, settings: Any) -> None:
        settings.LANGUAGE_CODE = "es"
        with translation.override("en"):
            kept()
        assert Mail.objects.get().subject == "Su insignia “Coder” le espera"

    def test_an_invitation_is_framed_in_the_language_of_whoever_writes_it(self) -> None:
        guest, letter = Guest(line=1, email="ben@example.org"), Letter("Hola", "Gracias.")
        with translation.override("es"):
            mail = invitations.write(badge(), guest, ClaimCode(badge=badge(), code="open-day"), letter)
        assert "Reclámela aquí:" in mail.text
        assert '<html lang="es">' in mail.html
        assert "Reclamar esta insignia" in mail.html


class TestPrograms:
    def test_the_rest_api_answers_in_english(self) -> None:
        code(evidence="required", needs_approval=True)
        sent = {"code": "open-day", "link": "nowhere"}
        answer = send(claiming(), "POST", f"{API}claims/", sent, **SPANISH)
        assert "is no link" in answer.text
        assert answer["Content-Language"] == "en"

    def test_so_does_the_badgekit_api(self, api: Any) -> None:
        answer = Client().get("/systems/nowhere", headers=SPANISH)
        assert answer.status_code in {401, 403, 404}
        assert answer["Content-Language"] == "en"
