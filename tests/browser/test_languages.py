"""Pages in the language of the browser, until somebody chooses another below them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from providers.badgekit.models import ClaimCode
from tests.providers.badgekit.api import badge, store

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}}


def test_a_stranger_reads_spanish_and_then_english(
    open_as: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    store()
    ClaimCode.objects.create(badge=badge(), code="open-day", evidence="required", needs_approval=True)
    page = open_as(locale="es-MX", **PHONE)
    page.goto("/claim/open-day/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_label("Dirección de correo electrónico")).to_be_visible()
    picture(page, "claim-spanish-phone")
    page.get_by_label("Idioma").select_option("en")
    page.locator("form.languages button").click()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "Dirección" not in page.content()
