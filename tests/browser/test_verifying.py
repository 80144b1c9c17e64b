"""Somebody who is shown a badge checks it: by a file, by its text, or by its address, whatever it turns out to be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from credentials_badges.badges.models import Badge
from tests.browser.test_visitor import DARK, PHONE
from tests.openbadges import foreign
from tests.openbadges.conftest import badge as given  # noqa: F401 (A fixture.)
from tests.openbadges.signed import endorse

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
Picture = Callable[[Page, str], None]
Opener = Callable[..., Page]
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": DARK, "phone": PHONE, "phone-dark": {**PHONE, **DARK}}


@pytest.fixture
def badge(transactional_db: None, given: Badge) -> Badge:  # noqa: F811
    """Coder, which Ada has, and which the Navy endorses."""
    endorse(given, "template")
    return given


def look_at(page: Page, picture: Picture, name: str) -> None:
    """What is shown fits, keeps nobody out, and is drawn."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    picture(page, f"verifying-{name}")


def put_in(page: Page, text: str) -> None:
    page.goto("/verify/")
    page.get_by_label("Or its text, or its address").fill(text)
    page.get_by_role("button", name="Check it").click()


@pytest.mark.parametrize("look", LOOKS)
def test_each_outcome_is_told_in_words_first(
    badge: Badge, open_as: Opener, picture: Picture, look: str, tmp_path: Path
) -> None:
    page = open_as(**LOOKS[look])
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Check a badge").click()
    expect(page.get_by_role("heading", name="Check a badge", level=1)).to_be_visible()
    look_at(page, picture, f"empty-{look}")

    file = tmp_path / "badge.png"
    file.write_bytes(Client().get(f"/ob/v3/credentials/{badge.uuid}.png").content)
    page.get_by_label("The badge as a file").set_input_files(file)
    page.get_by_label("The earner’s e-mail address").fill("ada@example.com")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("status")).to_contain_text("Valid")
    expect(page.get_by_text("This service, in the name of “Code Club”.")).to_be_visible()
    assert "ada@example.com" not in page.get_by_role("main").inner_text()
    look_at(page, picture, f"good-{look}")

    document = Client().get(f"/ob/v3/credentials/{badge.uuid}").json()
    put_in(page, json.dumps({**document, "name": "Coder in chief"}))
    expect(page.get_by_role("status")).to_contain_text("Not valid")
    look_at(page, picture, f"altered-{look}")

    put_in(page, "my badge")
    expect(page.get_by_role("status")).to_contain_text("No badge")
    look_at(page, picture, f"unreadable-{look}")

    issuer = {"id": foreign.did_key(), "type": ["Profile"], "name": "A school that says so"}
    put_in(
        page,
        foreign.token({**foreign.credential(issuer=issuer), "validUntil": "2099-01-01T00:00:00Z"}, foreign.ed25519()),
    )
    expect(page.get_by_role("status")).to_contain_text("Nobody can say")
    look_at(page, picture, f"unknown-{look}")

    Badge.objects.update(status="revoked", revoked_at=timezone.now())
    put_in(page, json.dumps(document))
    expect(page.get_by_role("status")).to_contain_text("Not valid")
    expect(page.get_by_text("No: its issuer has taken it back.")).to_be_visible()
    look_at(page, picture, f"revoked-{look}")


def test_a_form_that_is_left_empty_says_what_is_missing(badge: Badge, open_as: Opener, picture: Picture) -> None:
    page = open_as()
    page.goto("/verify/")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("Choose a file, or enter a text or an address.")).to_be_visible()
    look_at(page, picture, "nothing")
    page.keyboard.press("Tab")
    expect(page.get_by_role("contentinfo").get_by_role("link", name="Check a badge")).to_be_visible()
